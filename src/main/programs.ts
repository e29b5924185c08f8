/** Where our own programs and the Node that runs them are: in the built tree beside a checkout, or packaged beside the app. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder that holds `package.json`: from a bundle in `out/main`, from a chunk, or from source under a test runner. */
export function appRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) {
    const up = dirname(folder)
    if (up === folder) throw new Error('the application folder was not found')
    folder = up
  }
  return folder
}

export function appVersion(): string {
  return (JSON.parse(readFileSync(join(appRoot(), 'package.json'), 'utf8')) as { version: string }).version
}

/** Native libraries cannot be loaded from inside an archive: packaged programs lie unpacked beside it. */
export function program(name: 'trainer' | 'store-worker' | 'import-worker'): string {
  return join(appRoot(), 'out', 'main', `${name}.js`).replace(/\.asar(?=[\\/])/, '.asar.unpacked')
}

/** A plain Node 24: the running one, the one npm brought, or the one packaged beside the app. */
export function nodeProgram(): string {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const platform = process.platform === 'win32' ? 'win' : process.platform
  if (!process.versions.electron && Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const places = [
    join(appRoot(), 'node_modules', `node-${platform}-${process.arch}`, 'bin', name),
    join((process as { resourcesPath?: string }).resourcesPath ?? '', 'node', name),
  ]
  const found = places.find((place) => existsSync(place))
  if (!found) throw new Error('Node 24 was not found')
  return found
}
