/**
 * The trainer: a plain Node program that trains a run, serves a model, describes a recipe or tries an engine, as main tells it
 * over descriptor 3.
 * It does one thing in its life. When main goes away, or asks, it saves what there is to save and ends.
 */
import { setPriority } from 'node:os'
import { dirname, join } from 'node:path'
import { StudioError } from '../contract/errors'
import type { Call, Command, RunSpec } from '../contract/trainer'
import { openChannel } from './channel'
import { describe } from './describe'
import { startEngine } from './engine'
import { failure } from './failure'
import { classesOf, variedPictures } from './look'
import { probe } from './probe'
import { startPulse } from './pulse'
import { createServer, type Server } from './serve/serve'
import { train } from './train'

/** After this the state that could not be saved is left as it is. */
const LEAVE_MS = 9000

let training = false
let wanted: 'pause' | 'stop' | null = null
let leaving = false
let serving: Promise<Server> | null = null
/** Calls that are being answered, and whether each was cancelled. */
const calls = new Map<number, boolean>()

try {
  // Whatever is computed, the person's other programs come first.
  setPriority(10)
} catch {
  // Not allowed here; then it competes like any program.
}
const channel = openChannel({ onCommand: hear, onClose: leave })
/** Our other programs lie beside this one. */
const folder = dirname(process.argv[1]!)
const pulse = startPulse(folder)
// Ctrl-C in a terminal reaches us too, but main decides what happens to a run.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => leave(null))
channel.tell({ type: 'ready', pid: process.pid })

function hear(command: Command, body: Uint8Array): void {
  switch (command.type) {
    case 'train':
      return void trainRun(command.spec)
    case 'pause':
    case 'stop':
      wanted = command.type
      return
    case 'serve':
      return void serve(command.spec, command.state)
    case 'call':
      return void answer(command.id, command.call, body)
    case 'cancel':
      if (calls.has(command.id)) calls.set(command.id, true)
      return
    case 'describe':
      return void answerWith(command.id, async () => describe(command))
    case 'classes':
      return void answerWith(command.id, async () => classesOf(command.version, command.tags))
    case 'vary':
      return void answerWith(command.id, async () => variedPictures(command.version, command.augment, command))
    case 'probe':
      return void answerWith(command.id, () => probe(command.engine))
    case 'quit':
      return leave(null)
  }
}

async function trainRun(spec: RunSpec): Promise<void> {
  if (training) return
  training = true
  try {
    const { engine, facts } = await startEngine(spec.engine)
    const { tell, flushed } = channel
    const around = { tell, flushed, wanted: () => wanted, onStep: pulse.step, feedProgram: join(folder, 'feed-worker.js') }
    const { status, step } = await train({ spec, engine, facts, ...around })
    // Who has to go saves, but the run has not ended by anyone's wish: it is to be resumed.
    if (!leaving) tell({ type: 'finished', status, step })
    await end(0)
  } catch (error) {
    await fail(error)
  }
}

async function serve(spec: RunSpec, state: string): Promise<void> {
  const began = async () => {
    const { engine, facts } = await startEngine(spec.engine)
    const server = await createServer(spec, state, engine)
    const { parameters, built } = server.model
    const { condition } = server
    const about = { facts, parameters, totalSteps: null, step: server.step, compiled: false, compileSeconds: 0, exact: true }
    const { abilities, prior } = built
    channel.tell({ type: 'started', ...about, latentSize: abilities.latentSize ?? null, condition, prior })
    return server
  }
  serving ??= began()
  await serving.catch(fail)
}

async function answer(id: number, call: Call, body: Uint8Array): Promise<void> {
  calls.set(id, false)
  try {
    if (!serving) throw new StudioError('wrong-input', { reason: 'no model is loaded' })
    const server = await serving
    const context = { breathe: () => breathe(id), progress: createProgress(id) }
    await context.breathe()
    const { result, body: bytes } = await server.answer(call, body, context)
    channel.tell({ type: 'result', id, result }, bytes)
  } catch (error) {
    channel.tell({ type: 'call-failed', id, ...failure(error) })
  } finally {
    calls.delete(id)
  }
}

/** Lets messages in; throws when this call was cancelled. */
async function breathe(id: number): Promise<void> {
  await new Promise((resume) => setImmediate(resume))
  if (calls.get(id)) throw new StudioError('cancelled')
}

/** At most ten a second, and the last one. */
function createProgress(id: number): (done: number, total: number) => void {
  let toldAt = -Infinity
  return (done, total) => {
    const now = performance.now()
    if (done < total && now - toldAt < 100) return
    toldAt = now
    channel.tell({ type: 'call-progress', id, done, total })
  }
}

async function answerWith(id: number, ask: () => Promise<unknown>): Promise<void> {
  try {
    channel.tell({ type: 'result', id, result: await ask() })
  } catch (error) {
    channel.tell({ type: 'call-failed', id, ...failure(error) })
  }
}

/** Main has gone, asks us to, or makes no sense: a run is saved first. */
function leave(reason: string | null): void {
  if (reason) process.stderr.write(`${reason}\n`)
  if (!training) return void end(reason ? 2 : 0)
  leaving = true
  wanted ??= 'pause'
  setTimeout(() => process.exit(1), LEAVE_MS).unref()
}

async function fail(error: unknown): Promise<void> {
  channel.tell({ type: 'failed', ...failure(error) })
  await end(1)
}

async function end(code: number): Promise<void> {
  await channel.end()
  process.exit(code)
}
