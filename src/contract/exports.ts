import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Grant, Id, Started } from './nouns'

export const ExportFormat = z.enum(['onnx', 'safetensors', 'png'])
export type ExportFormat = z.infer<typeof ExportFormat>

/** The result of an export job: each file was opened again by another reader and compared before it was called done. */
export const ExportResult = z.strictObject({
  id: Id,
  run: Id,
  format: ExportFormat,
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int(), /** Where a browser can fetch it. */ url: z.string() })),
  verified: z.boolean(),
  /** Largest absolute difference to the studio's own answer; 0 for byte-equal formats, null when not comparable. */
  maxDifference: z.number().nullable(),
  /** In words: by what it was opened again and on how many inputs. */
  checkedBy: z.string(),
})
export type ExportResult = z.infer<typeof ExportResult>

export const exports = {
  list: oc.input(z.strictObject({ run: Id })).output(z.array(ExportResult)),
  /** `to`: a granted file or folder to write to; absent: the project's `exports/`. Job result: `ExportResult`. */
  start: oc.input(z.strictObject({ run: Id, format: ExportFormat, to: Grant.optional() })).output(Started),
}
