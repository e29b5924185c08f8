/** Exports: files made from a run by the model server, checked there by another reader, then put into the project and where asked. */
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../../contract/errors'
import type { ExportFormat, ExportResult, exports as contract } from '../../contract/exports'
import type { Call } from '../../contract/trainer'
import { unwritable } from '../unwritable'
import { renameDurably, syncFile, temporaryName } from '../durable'
import type { AnyModel, Models } from '../explore/models'
import type { Grants } from '../grants'
import { newId, type Jobs } from '../jobs'
import type { Service } from '../service'
import type { Store } from '../store/store'

export type Exports = Service<typeof contract>

export interface ExportsOptions {
  store: Store
  folder: string
  jobs: Jobs
  grants: Grants
  models: Models
}

/** What the trainer's export calls answer. */
const Exported = z.object({
  files: z.array(z.string()),
  maxDifference: z.number().nullable(),
  checked: z.string(),
})

/** Pictures on an exported sheet. */
const SHEET = 64

function callOf(format: ExportFormat, folder: string): Call {
  if (format === 'onnx') return { method: 'export-onnx', folder }
  if (format === 'safetensors') return { method: 'export-safetensors', folder }
  return { method: 'export-png', folder, count: SHEET, seed: 0 }
}

/** Copies so that the target is whole or not there. */
async function place(from: string, to: string): Promise<void> {
  const temporary = temporaryName(to)
  try {
    await copyFile(from, temporary)
    await syncFile(temporary)
    await renameDurably(temporary, to)
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => {})
    throw unwritable(to, thrown)
  }
}

/**
 * Where each file goes: into a folder under its own name; to a file under that name, and further files beside it with their own
 * name as a suffix (`face.onnx`, `face.encoder.onnx`).
 */
export function targets(names: readonly string[], to: string, isFolder: boolean): string[] {
  if (isFolder) return names.map((name) => join(to, name))
  const [stem, end] = [basename(to, extname(to)), extname(to)]
  return names.map((name, i) =>
    i === 0 ? to : join(dirname(to), `${stem}.${basename(name, extname(name))}${end || extname(name)}`),
  )
}

export function createExports({ store, folder, jobs, grants, models }: ExportsOptions): Exports {
  return {
    list: ({ run }) => store.listExports(run),

    async start({ run, format, to }) {
      const target = to === undefined ? null : grants.path(to)
      const { name } = await store.getRun(run)
      return jobs.start({ kind: 'export', title: name, unit: 'steps' }, async (job): Promise<ExportResult> => {
        const id = newId()
        const [made, final] = [join(folder, 'exports', `${id}.tmp`), join(folder, 'exports', id)]
        await mkdir(made, { recursive: true })
        try {
          // Weights are weights; a sheet and a graph are of pictures.
          const use = format === 'safetensors' ? models.useAny : models.use
          const exported = await use(
            run,
            async (model: AnyModel) => {
              const answer = await model.call(callOf(format, made), {
                signal: job.signal,
                onProgress: (done, total) => job.progress(done, total),
              })
              return Exported.parse(answer.result)
            },
            { newest: true },
          )
          // The trainer names what it wrote; only what really lies in the folder is told.
          const present = new Set(await readdir(made))
          const names = exported.files.map((file) => basename(file)).filter((file) => present.has(file))
          if (names.length === 0) throw new StudioError('unexpected', {}, { cause: new Error('the export has no files') })
          for (const file of names) await syncFile(join(made, file))
          job.signal.throwIfAborted()
          await renameDurably(made, final)
          const files = await Promise.all(
            names.map(async (file) => ({
              name: file,
              bytes: (await stat(join(final, file))).size,
              url: `/media/exports/${id}/${file}`,
            })),
          )
          const result: ExportResult = {
            id,
            run,
            format,
            files,
            verified: true,
            maxDifference: exported.maxDifference,
            checkedBy: exported.checked,
          }
          await store.addExport(result)
          if (target) {
            const isFolder = await stat(target).then(
              (found) => found.isDirectory(),
              () => false,
            )
            const places = targets(names, target, isFolder)
            for (const [i, file] of names.entries()) await place(join(final, file), places[i]!)
          }
          return result
        } finally {
          await rm(made, { recursive: true, force: true })
        }
      })
    },
  }
}
