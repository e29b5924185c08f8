/** A web host of the built studio as a process of its own, on a home that ends with the test. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { studioHome } from '../../../src/main/home'

export interface Host {
  /** A fresh address to log in with. */
  login(): Promise<string>
  base: string
  home: string
  /** The process of the host, for tests that end it. */
  pid: number
  /** What it wrote to its error stream: refusals and failures. */
  log(): string
  stop(): Promise<void>
}

const web = resolve('out/main/web.js')

/** Resolves once `ready` matches what the child printed from `from` on. */
async function printed(child: ChildProcess, output: () => string, from: number, ready: RegExp): Promise<string> {
  for (let waited = 0; waited < 60_000; waited += 20) {
    const found = ready.exec(output().slice(from))
    if (found) return found[0]
    if (child.exitCode !== null) break
    await new Promise((done) => setTimeout(done, 20))
  }
  throw new Error(`the web host did not start:\n${output()}`)
}

/** `engines`: use those that are installed on this machine instead of only the built-in one. */
export async function startHost({ project, engines = false }: { project?: string; engines?: boolean } = {}): Promise<Host> {
  if (!existsSync(web)) throw new Error('out/main/web.js is missing: build first (node scripts/build.mjs)')
  const home = mkdtempSync(join(tmpdir(), 'latent-e2e-'))
  const installed = join(studioHome(), 'engines')
  await mkdir(home, { recursive: true })
  if (engines && existsSync(installed)) symlinkSync(installed, join(home, 'engines'))
  // Playwright runs under Node 24 already.
  const child = spawn(process.execPath, [web, ...(project ? [project] : [])], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, LATENT_STUDIO_HOME: home },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const address = /http:\/\/\S+\/login#[\w-]+/
  const first = await printed(child, () => output + log, 0, address)
  return {
    base: new URL(first).origin,
    home,
    pid: child.pid!,
    log: () => log,
    async login() {
      const from = output.length
      child.stdin.write('\n')
      return printed(child, () => output, from, address)
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((done) => child.once('exit', done))
        child.kill('SIGTERM')
        const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
        await ended
        clearTimeout(late)
      }
      rmSync(home, { recursive: true, force: true })
    },
  }
}
