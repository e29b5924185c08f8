/** What the proofs share: made-up pictures as a frozen version, the engines that can start here, and talking with a trainer. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import { node24, root } from './node24.mjs'

/** Numbers in [0, 1) from a seed (SplitMix32); the proof must repeat. */
export function numbers(from) {
  let state = from >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
}

/** Pictures of one bright disc each on a dark ground, as a frozen version; a tenth is held out. */
export function writeVersion(folder, { items, size }) {
  mkdirSync(folder, { recursive: true })
  const next = numbers(7)
  const data = Buffer.alloc(items * size * size * 3)
  for (let item = 0, at = 0; item < items; item++) {
    const [cx, cy, radius] = [next() * size, next() * size, 3 + next() * 10]
    const colour = [next() * 255, next() * 255, next() * 255]
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) for (const part of colour) data[at++] = Math.hypot(x - cx, y - cy) < radius ? part : 24
  }
  const sha256 = { data: hash(data), tags: hash(Buffer.alloc(0)) }
  const ids = Array.from({ length: items }, (_, i) => `i${i}`)
  const shape = { items, train: Math.round(items * 0.9), height: size, width: size, channels: 3 }
  writeFileSync(join(folder, 'data.bin'), data)
  writeFileSync(join(folder, 'tags.bin'), '')
  writeFileSync(join(folder, 'pack.json'), JSON.stringify({ formatVersion: 1, kind: 'images', ...shape, ids, tags: [], sha256 }))
}

export const hash = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** The engines that can start here: the built-in one, and TensorFlow where the studio has installed it. */
export function readyEngines({ id, eager = false } = {}) {
  const threads = availableParallelism()
  // Only when it is named: without a graphics device it computes in software, if at all.
  if (id === 'webgpu') return [{ id, threads }]
  const home =
    process.env.LATENT_STUDIO_HOME ??
    {
      win32: join(process.env.APPDATA ?? homedir(), 'Latent Studio'),
      darwin: join(homedir(), 'Library', 'Application Support', 'Latent Studio'),
    }[process.platform] ??
    join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'latent-studio')
  const folder = join(home, 'engines')
  const installed = existsSync(folder) ? readdirSync(folder).filter((name) => /^tensorflow-\d/.test(name)) : []
  const all = [{ id: 'wasm', threads }]
  if (installed.length > 0)
    all.unshift({ id: 'tensorflow', library: join(folder, installed.sort().at(-1)), threads, ...(eager ? { eager } : {}) })
  return id ? all.filter((engine) => engine.id === id) : all
}

/** Adam, without anything else. */
export const TRAINING = {
  optimizer: 'adam',
  learningRate: 0.001,
  momentum: 0.9,
  beta1: 0.9,
  beta2: 0.999,
  l1: 0,
  l2: 0,
  weightDecay: 0,
  clipNorm: 0,
}

/** Starts a trainer and tells it one command; `onEvent` hears all that it says. */
export function startTrainer(trainer, command, onEvent) {
  const child = spawn(node24(), [trainer], { stdio: ['ignore', 2, 2, 'pipe', 'pipe'] })
  let held = Buffer.alloc(0)
  child.stdio[4].resume()
  child.stdio[3].on('error', () => {})
  child.stdio[3].on('data', (chunk) => {
    held = Buffer.concat([held, chunk])
    while (held.length >= 8) {
      const [head, body] = [held.readUInt32LE(0), held.readUInt32LE(4)]
      if (held.length < 8 + head + body) return
      const event = JSON.parse(held.subarray(8, 8 + head).toString())
      held = held.subarray(8 + head + body)
      onEvent(event)
    }
  })
  const header = Buffer.from(JSON.stringify(command))
  const frame = Buffer.alloc(8)
  frame.writeUInt32LE(header.length)
  child.stdio[3].write(Buffer.concat([frame, header]))
  return child
}

/** Runs a program to its end and resolves to what it prints; its errors and progress pass through. */
function printed(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 2] })
  let out = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  return new Promise((done, fail) =>
    child.on('close', (code) =>
      code === 0 ? done(out) : fail(new Error(`${args.join(' ')}: exit ${code}: ${out.trim().split('\n').slice(-2).join(' ')}`)),
    ),
  )
}

/** Runs a program of Node 24; see `printed`. */
export const output = (...args) => printed(node24(), args)

/** Runs what follows, and prints the seconds of all its processes in a last line: the shell counts those that were waited for. */
const TIMED = ['-c', '{ TIMEFORMAT="%U %S"; time "$@" 2>&3; } 3>&2 2>&1', 'bash']

/** The command line of a build: `await latent('runs', project)` gives a command's JSON; with `cpu` also its `cpuSeconds`. */
export const commandLine =
  ({ build = join(root, 'out'), cpu = false } = {}) =>
  async (...args) => {
    console.error(`$ latent ${args.join(' ')}`)
    const command = [join(build, 'main', 'cli.js'), ...args, '--json']
    const out = await (cpu ? printed('bash', [...TIMED, node24(), ...command]) : output(...command))
    const lines = out.trim().split('\n')
    const [user, system] = cpu ? lines.pop().split(' ').map(Number) : []
    return { ...JSON.parse(lines.at(-1)), ...(cpu && { cpuSeconds: Math.round(user + system) }) }
  }
