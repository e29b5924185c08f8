/** `export`: a model as files for other programs. */
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, resolve } from 'node:path'
import { StudioError } from '../../../../contract/errors'
import { ExportFormat, ExportResult } from '../../../../contract/exports'
import { targets } from '../../../exports'
import { usage, type Command } from '../command'
import { makeFolder } from '../pictures'

const exportCommand: Command = {
  name: 'export',
  positional: ['PROJECT'],
  options: {
    run: ['text', 'RUN', 'an id, a name, or `latest`'],
    format: ['text', 'F', ExportFormat.options.join(', ')],
    out: ['text', 'PATH', 'a folder, or a file (further files go beside it)'],
  },
  help: 'writes a model for other programs, and checks what was written',
  async run(given, session) {
    const [which, out] = [given.needed('run'), given.needed('out')]
    const format = ExportFormat.safeParse(given.needed('format'))
    if (!format.success) throw usage(`--format must be one of ${ExportFormat.options.join(', ')}.`)
    // A name with an ending is a file, one without is a folder.
    const isFolder = existsSync(out) ? statSync(out).isDirectory() : extname(out) === '' || /[\\/]$/.test(out)
    if (!isFolder && existsSync(out)) throw new StudioError('export-exists', { file: basename(out) })
    await session.project(given.rest[0]!, { existing: true })
    const run = await session.run(which)
    await makeFolder(isFolder ? resolve(out) : dirname(resolve(out)))
    const to = await session.grant(out, { new: true })
    const started = await session.client.exports.start({ run: run.id, format: format.data, to })
    const result = ExportResult.parse(await session.job(started, 'Exporting'))
    const files = targets(
      result.files.map(({ name }) => name),
      resolve(out),
      isFolder,
    )
    const { verified, maxDifference, checkedBy } = result
    return {
      json: { run: run.id, format: format.data, files, verified, maxDifference, checkedBy },
      say: [...files, checkedBy].join('\n'),
    }
  },
}

export const share: readonly Command[] = [exportCommand]
