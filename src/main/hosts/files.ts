/** From the path of an address to a file of the built page, and to nothing else on the disk. */
import { realpath, stat } from 'node:fs/promises'
import { extname, isAbsolute, join, relative, sep } from 'node:path'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** The rooms have addresses but no files: the page itself finds its way. */
const ROOM = /^\/(?:[a-z][a-z0-9-]*(?:\/[a-z0-9-]+)*)?$/

/**
 * `pathname` as it came, still encoded. Null for whatever is not a plain file with a known type inside `root`, be it by `..`, by an
 * encoded or double separator, by a link or by a name that merely begins like the root.
 */
export async function pageFile(root: string, pathname: string): Promise<{ file: string; type: string; length: number } | null> {
  let name: string
  try {
    name = decodeURIComponent(pathname)
  } catch {
    return null
  }
  if (ROOM.test(name)) name = '/index.html'
  if (!name.startsWith('/') || /[\0\\]|\/\/|%/.test(name)) return null
  const type = TYPES[extname(name)]
  const wanted = join(root, `.${name}`)
  if (!type || !inside(root, wanted)) return null
  try {
    const [realRoot, file] = await Promise.all([realpath(root), realpath(wanted)])
    const about = await stat(file)
    return about.isFile() && inside(realRoot, file) ? { file, type, length: about.size } : null
  } catch {
    return null
  }
}

function inside(root: string, file: string): boolean {
  const way = relative(root, file)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** Whether a path may be asked of the studio as media: identifiers and plain names only, so no encoding is ever undone. */
export function isMediaPath(pathname: string): boolean {
  return pathname.length <= 300 && /^\/media(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*){2,4}$/.test(pathname)
}
