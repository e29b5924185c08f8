import { readFile } from 'node:fs/promises'

/** A JSON file's value, or null where there is none or it is damaged: for files whose loss costs only comfort. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown
  } catch {
    return null
  }
}
