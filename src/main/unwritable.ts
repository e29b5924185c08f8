import { accessSync, constants } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { StudioError } from '../contract/errors'

/** What the system says in a few words a person knows. */
const REASONS: Record<string, string> = {
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the place is read-only',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EEXIST: 'a file is in the way',
  EISDIR: 'a folder is in the way',
  ENAMETOOLONG: 'the name is too long',
}

/** A refusal to write at a place that a person chose, as an error that names it; anything else (a full disk …) as it is. */
export function unwritable(path: string, thrown: unknown): unknown {
  const reason = REASONS[String((thrown as { code?: unknown } | null)?.code)]
  return reason ? new StudioError('file-unwritable', { file: basename(path), reason }, { cause: thrown }) : thrown
}

/** Why nothing may be written at `path`, or at the nearest folder above it that exists; null where one may. */
function refusalAt(path: string): string | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      accessSync(at, constants.W_OK)
      return null
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code !== 'ENOENT' || at === dirname(at)) return REASONS[String(code)] ?? null
    }
  }
}

/** A refusal to write in the studio's own folder, as an error that names it; anything else as it is. */
export function homeUnwritable(home: string, thrown: unknown): unknown {
  const { code, path } = (thrown ?? {}) as { code?: unknown; path?: unknown }
  if (typeof path !== 'string' || (path !== home && !path.startsWith(join(home, sep)))) return thrown
  // Making several folders at once, Node says ENOENT where the first may not be made.
  const reason = String(code) === 'ENOENT' ? refusalAt(path) : REASONS[String(code)]
  return reason ? new StudioError('home-unwritable', { folder: home, reason }, { cause: thrown }) : thrown
}
