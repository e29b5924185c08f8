/**
 * One trainer process: starts it with a small environment, speaks frames with it over descriptor 3, hears its heartbeats on
 * descriptor 4, and tells how it ended. It knows nothing of runs: the supervisor and the model server both stand on it.
 */
import { spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import type { Duplex, Readable } from 'node:stream'
import { isErrorCode, saysOutOfMemory, StudioError } from '../../contract/errors'
import { encodeFrame, FrameReader } from '../../contract/frames'
import { TrainerEvent, type Command, type EngineChoice } from '../../contract/trainer'
import { environmentOf } from '../engines/environment'
import { nodeProgram, program } from '../programs'

/** How a trainer ended. `garbage`: it said something that is not in the contract and was ended for it. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** The end of what it wrote to stderr, for the log. */
  stderr: string
  garbage: string | null
  /** It could not even be started. */
  failed: Error | null
}

export interface TrainerProcess {
  readonly pid: number | undefined
  readonly exited: Promise<Exit>
  send(command: Command, body?: Uint8Array): void
  kill(signal: NodeJS.Signals): void
  /** Stops and goes on reading what it says, so that a flood waits in its process and not in ours. */
  hold(): void
  go(): void
}

export interface TrainerOptions {
  home: string
  /** What it will start: its libraries are found through the environment. */
  engine: EngineChoice
  onEvent: (event: TrainerEvent, body: Uint8Array) => void
  /** Program and arguments; for tests another program than the trainer. */
  command?: readonly [string, ...string[]]
}

/** What a program needs to run at all, and what the engines' libraries are found and led by. Nothing else of ours reaches it. */
const PASSED = [
  'PATH', 'HOME', 'USER', 'USERPROFILE', 'SystemRoot', 'APPDATA', 'LOCALAPPDATA', 'TMPDIR', 'TMP', 'TEMP', 'LANG', 'LC_ALL',
  'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES', 'NVIDIA_VISIBLE_DEVICES',
  'XDG_DATA_DIRS', 'XDG_RUNTIME_DIR', 'VK_DRIVER_FILES', 'VK_ICD_FILENAMES',
] // prettier-ignore

const STDERR_KEPT = 16 * 1024
/** After its end a process's pipes are closed when nothing came for so long. */
const LINGER_MS = 500

export function startTrainer({
  home,
  engine,
  onEvent,
  command = [nodeProgram(), program('trainer')],
}: TrainerOptions): TrainerProcess {
  const [file, ...args] = command
  const env: NodeJS.ProcessEnv = { LATENT_STUDIO_HOME: home }
  for (const name of PASSED) if (process.env[name] !== undefined) env[name] = process.env[name]
  Object.assign(env, environmentOf(engine))
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'], windowsHide: true })

  let stderr = ''
  let garbage: string | null = null
  let failed: Error | null = null
  let held = false
  let heardAt = 0
  const channel = child.stdio[3] as Duplex
  const beats = child.stdio[4] as Readable

  const refuse = (reason: string) => {
    garbage ??= reason
    child.kill('SIGKILL')
  }
  const listen = (stream: Readable) => {
    const reader = new FrameReader(({ header, body }) => {
      const event = TrainerEvent.safeParse(header)
      if (garbage) return
      if (event.success) onEvent(event.data, body)
      else refuse(event.error.issues[0]?.message ?? 'not an event')
    })
    stream.on('data', (chunk: Uint8Array) => {
      heardAt = performance.now()
      if (garbage) return
      try {
        reader.push(chunk)
      } catch (thrown) {
        refuse((thrown as Error).message)
      }
    })
    // A pipe that breaks is the death of its process, which `exit` tells.
    stream.on('error', () => {})
  }
  listen(channel)
  listen(beats)
  child.stdout!.resume()
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_KEPT)))

  const exited = new Promise<Exit>((done) => {
    child.on('error', (error) => {
      failed ??= error
      // Without a process there is no `close`.
      if (child.pid === undefined) done({ code: null, signal: null, stderr, garbage, failed })
    })
    // `close` and not `exit`: everything that was said before the end has been read by then.
    child.on('close', (code, signal) => done({ code, signal, stderr, garbage, failed }))
    child.on('exit', () => {
      // A grandchild that inherited the pipes must not keep us waiting for `close`; what still comes or is held is heard first.
      heardAt = performance.now()
      const ending = setInterval(() => {
        if (held || performance.now() - heardAt < LINGER_MS) return
        clearInterval(ending)
        for (const stream of [channel, beats, child.stdout!, child.stderr!]) stream.destroy()
      }, LINGER_MS / 2)
      ending.unref()
      child.on('close', () => clearInterval(ending))
    })
  })

  if (child.pid !== undefined)
    try {
      setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
    } catch {
      // It ended already, or the system does not let us: politeness is not needed to compute.
    }

  return {
    pid: child.pid,
    exited,
    send(message, body) {
      if (channel.writable) channel.write(encodeFrame(message, body))
    },
    kill: (signal) => void child.kill(signal),
    hold() {
      held = true
      channel.pause()
    },
    go() {
      held = false
      heardAt = performance.now()
      channel.resume()
    },
  }
}

/** An exit that was not asked for, as the error a person reads. */
export function exitError(exit: Exit): StudioError {
  const cause =
    exit.failed ??
    new Error(`trainer ended: code ${exit.code}, signal ${exit.signal}, ${exit.garbage ?? 'no garbage'}\n${exit.stderr}`)
  return new StudioError(saysOutOfMemory(exit.stderr) ? 'out-of-memory' : 'trainer-crashed', {}, { cause })
}

/** A failure that the trainer told itself; a code this build does not know is a crash. */
export function toldError(event: { code: string; details: Record<string, string | number>; stack: string }): StudioError {
  return new StudioError(isErrorCode(event.code) ? event.code : 'trainer-crashed', event.details, {
    cause: new Error(event.stack),
  })
}
