/** A program of ours built from its source, for tests that start it as a thread without a build of the whole. */
import { join } from 'node:path'
import { build } from 'vite'

/** Gives the built file, in `folder`. */
export async function buildProgram(source: string, folder: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'error',
    build: { ssr: source, outDir: folder, rollupOptions: { output: { format: 'es', entryFileNames: 'program.mjs' } } },
  })
  return join(folder, 'program.mjs')
}
