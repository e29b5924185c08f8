/**
 * Keeps one run alive: starts its trainer, tells a hung step from a slow one, ends it when it must, and resumes it from its last
 * checkpoint when it died, at most three times in five minutes. What the trainer says is handed on; nothing is stored here.
 */
import { StudioError } from '../../contract/errors'
import type { RunSpec, TrainerEvent } from '../../contract/trainer'
import { memoryKills } from './memory-kills'
import { exitError, startTrainer, toldError, type TrainerProcess } from './trainer-process'

/** Milliseconds, and how often. Tests shorten them. */
export interface Limits {
  tick: number
  /** The first step builds graphs and may compile. */
  firstStep: number
  /** No step for this long, or for 20 steps' time where that is longer: stuck. */
  stall: number
  /** Stuck for this long besides: ended. */
  grace: number
  /** Between SIGTERM and SIGKILL. */
  term: number
  /** For saving after `pause` or `stop`, before it is ended without. */
  saving: number
  backoff: readonly number[]
  /** Restarts are counted in this window; there are as many as `backoff` has entries. */
  window: number
}

export const LIMITS: Limits = {
  tick: 1000,
  firstStep: 120_000,
  stall: 30_000,
  grace: 30_000,
  term: 5000,
  saving: 60_000,
  backoff: [1000, 5000, 15_000],
  window: 300_000,
}

type Ending = { status: 'finished' | 'stopped' | 'paused' } | { status: 'failed' | 'interrupted'; error: StudioError }

export interface SupervisorOptions {
  home: string
  /** Called before every start: rewinds the record to the newest checkpoint and gives the specification to go on with. */
  prepare: () => Promise<RunSpec>
  onEvent: (event: TrainerEvent, trainer: TrainerProcess) => void
  /** The trainer died; it starts again after `wait` milliseconds. */
  onInterrupted: (error: StudioError, wait: number) => void
  /** The state at this step cannot be read: it must not be offered again. True when there is an earlier one. */
  onDamaged: (step: number) => Promise<boolean>
  limits?: Limits
  command?: readonly [string, ...string[]]
  /** For tests. */
  kills?: () => Promise<number>
}

export interface Supervised {
  readonly done: Promise<Ending>
  /** Asks the trainer to save and end. */
  end(how: 'pause' | 'stop'): void
}

/** What one process came to. */
type Attempt = Ending | { status: 'died'; error: StudioError } | { status: 'damaged'; step: number; error: StudioError }

export function supervise(options: SupervisorOptions): Supervised {
  const { limits = LIMITS, kills = memoryKills } = options
  let wanted: 'pause' | 'stop' | null = null
  let onWanted = () => {}
  const ended = (): Ending => ({ status: wanted === 'stop' ? 'stopped' : 'paused' })

  const done = (async (): Promise<Ending> => {
    const deaths: number[] = []
    while (true) {
      if (wanted) return ended()
      let spec: RunSpec
      try {
        spec = await options.prepare()
      } catch (thrown) {
        return {
          status: 'failed',
          error: thrown instanceof StudioError ? thrown : new StudioError('unexpected', {}, { cause: thrown }),
        }
      }
      const killsBefore = await kills()
      if (wanted) return ended()
      const attempt = await attemptOnce(spec, killsBefore)
      if (attempt.status === 'damaged') {
        if (await options.onDamaged(attempt.step)) continue
        return { status: 'failed', error: attempt.error }
      }
      if (attempt.status !== 'died') return attempt
      if (wanted) return ended()
      const now = performance.now()
      while (deaths.length > 0 && now - deaths[0]! > limits.window) deaths.shift()
      const wait = limits.backoff[deaths.length]
      if (wait === undefined) return { status: 'interrupted', error: attempt.error }
      deaths.push(now)
      options.onInterrupted(attempt.error, wait)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait)
        onWanted = () => (clearTimeout(timer), resolve())
      })
    }
  })()

  /** One process from start to end. */
  async function attemptOnce(spec: RunSpec, killsBefore: number): Promise<Attempt> {
    const seen: { outcome: Attempt | null } = { outcome: null }
    let hung = false
    // Time counts only while we are awake to see it: one tick late is one tick, so a laptop that slept kills nothing.
    let still = 0
    let awaited = 0
    let lastTick = performance.now()
    let lastStep: number | null = null
    let moved = false
    let secondsPerStep = 0

    const trainer = startTrainer({
      home: options.home,
      engine: spec.engine,
      command: options.command,
      onEvent(event) {
        // A heartbeat says only that the program lives; anything else it says is movement.
        if (event.type !== 'heartbeat') still = 0
        if (event.type === 'heartbeat' || event.type === 'progress') {
          if (lastStep !== null && event.step !== lastStep) {
            moved = true
            still = 0
          }
          lastStep = event.step
        }
        if (event.type === 'progress' && event.stepsPerSecond) secondsPerStep = 1 / event.stepsPerSecond
        if (event.type === 'finished') seen.outcome = { status: event.status }
        if (event.type === 'failed') {
          const error = toldError(event)
          const step = Number(error.details.step ?? NaN)
          const damaged = error.code === 'checkpoint-damaged' && Number.isInteger(step)
          // A driver that was reset is there again a moment later, as after a crash of ours.
          const status = error.code === 'device-lost' ? 'died' : 'failed'
          seen.outcome = damaged ? { status: 'damaged', step, error } : { status, error }
        }
        options.onEvent(event, trainer)
      },
    })
    const terminate = () => {
      trainer.kill('SIGTERM')
      const timer = setTimeout(() => trainer.kill('SIGKILL'), limits.term)
      void trainer.exited.then(() => clearTimeout(timer))
    }
    let terminating = false
    const tick = setInterval(() => {
      const now = performance.now()
      const passed = Math.min(now - lastTick, 2 * limits.tick)
      lastTick = now
      still += passed
      if (wanted || seen.outcome) awaited += passed
      if (terminating) return
      const patience = moved ? Math.max(limits.stall, 20_000 * secondsPerStep) : limits.firstStep
      const stuck = still > patience + limits.grace
      if (stuck && !wanted && !seen.outcome) hung = true
      if (stuck || awaited > limits.saving) {
        terminating = true
        terminate()
      }
    }, limits.tick)
    onWanted = () => trainer.send({ type: wanted! })
    trainer.send({ type: 'train', spec })
    const exit = await trainer.exited
    clearInterval(tick)
    onWanted = () => {}
    if (seen.outcome) return seen.outcome
    if (hung) return { status: 'died', error: new StudioError('trainer-hung') }
    const error = exitError(exit)
    if (exit.failed) return { status: 'failed', error }
    // Whoever else kills it wants it resumed; the system does so when nothing is left, and tells nobody but its counter.
    const killed = exit.signal === 'SIGKILL' && !terminating && exit.garbage === null && (await kills()) > killsBefore
    if (killed) return { status: 'failed', error: new StudioError('out-of-memory', {}, { cause: error }) }
    // The same settings would only run out of memory again.
    return error.code === 'out-of-memory' ? { status: 'failed', error } : { status: 'died', error }
  }

  return {
    done,
    end(how) {
      wanted = how
      onWanted()
    },
  }
}
