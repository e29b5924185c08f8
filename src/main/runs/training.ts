/** One run while it trains: its supervisor, its record in the store, and its live state for watchers. */
import { join } from 'node:path'
import { StudioError, asStudioError } from '../../contract/errors'
import type { Run } from '../../contract/nouns'
import type { EngineChoice, RunSpec, TrainerEvent } from '../../contract/trainer'
import { writeDurably } from '../durable'
import type { Log } from '../log'
import type { Store } from '../store/store'
import { checkpointSteps, newestCheckpoint, setAside } from './checkpoints'
import type { Feed } from './feed'
import { createRecorder } from './recorder'
import { checkpointEveryOf, specOf } from './spec'
import { supervise, type Limits, type Supervised, type SupervisorOptions } from './supervisor'
import type { TrainerProcess } from './trainer-process'

export interface Training {
  readonly id: string
  /** Null only until the store has told it. */
  readonly run: Run | null
  /** The run has ended and all of it is stored. */
  readonly done: Promise<void>
  /** Saves and ends; resolves as `done`. */
  end(how: 'pause' | 'stop'): Promise<void>
  rename(name: string): void
}

export interface TrainingOptions {
  store: Store
  folder: string
  home: string
  log: Log
  feed: Feed
  id: string
  engineOf: (run: Run) => Promise<EngineChoice>
  limits?: Limits
  command?: readonly [string, ...string[]]
  kills?: SupervisorOptions['kills']
}

export function startTraining(options: TrainingOptions): Training {
  const { store, folder, home, log, feed, id, engineOf, limits, command, kills } = options
  const runFolder = join(folder, 'runs', id)
  let run: Run | null = null
  let supervised: Supervised | null = null
  let wanted: 'pause' | 'stop' | null = null
  let trainer: TrainerProcess | null = null
  let unstored: unknown = null
  let started = false

  const recorder = createRecorder({
    store,
    run: id,
    onFull: (full) => (full ? trainer?.hold() : trainer?.go()),
    onRows: (rows) => feed.tell(id, { type: 'metrics', rows }),
    onFailed(thrown) {
      unstored = thrown
      supervised?.end('pause')
    },
  })

  function change(fields: Partial<Run>): void {
    if (!run) return
    run = { ...run, ...fields, updatedAt: Date.now() }
    recorder.change(fields)
    feed.tell(id, { type: 'state', run })
  }

  /** Back to the newest saved state: the record beyond it is taken back, and the trainer is told where to go on. */
  async function prepare(): Promise<RunSpec> {
    await recorder.settled()
    const checkpoint = await newestCheckpoint(runFolder)
    if (checkpoint || started) {
      const step = checkpoint?.step ?? -1
      await store.rewind(id, step)
      feed.tell(id, { type: 'rewind', step })
    }
    started = true
    const from = checkpoint
      ? {
          step: checkpoint.step,
          epoch: checkpoint.manifest.epoch,
          seconds: checkpoint.manifest.seconds,
          resumedFrom: checkpoint.step,
        }
      : { step: 0, epoch: 0, seconds: 0 }
    change({ status: 'preparing', error: null, secondsLeft: null, stepsPerSecond: null, waiting: null, ...from })
    const spec = specOf(run!, folder, await engineOf(run!), await checkpointEveryOf(run!, folder), checkpoint?.folder ?? null)
    await writeDurably(join(runFolder, 'run.json'), JSON.stringify(spec, null, 2))
    return spec
  }

  function hear(event: TrainerEvent, from: TrainerProcess): void {
    trainer = from
    switch (event.type) {
      case 'started': {
        const { facts, totalSteps, step, compiled, compileSeconds } = event
        change({ status: 'running', facts, totalSteps, step, compiled, compileSeconds, exact: run!.exact && event.exact })
        break
      }
      case 'progress': {
        const { step, epoch, seconds, stepsPerSecond, waiting, secondsLeft, totalSteps, losses } = event
        change({ step, epoch, seconds, stepsPerSecond, waiting, secondsLeft, totalSteps, losses })
        break
      }
      case 'metrics':
        recorder.rows(event.rows)
        break
      case 'sample':
        recorder.other(async () => {
          await store.addSample(event.sample)
          feed.tell(id, { type: 'sample', sample: event.sample })
        })
        break
      case 'checkpoint':
        recorder.other(() => storeCheckpoint(event))
        break
      case 'finished':
        change({ step: event.step })
        break
      case 'failed':
        log.warn(`run ${id} failed: ${event.code}`, new Error(event.stack))
    }
  }

  /** The row follows the files: older checkpoints that the trainer removed are forgotten as well. */
  async function storeCheckpoint({ step, seconds, bytes }: { step: number; seconds: number; bytes: number }): Promise<void> {
    await store.addCheckpoint(id, { step, seconds, bytes })
    const present = new Set(await checkpointSteps(runFolder))
    for (const row of await store.listCheckpoints(id)) if (!present.has(row.step)) await store.removeCheckpoint(id, row.step)
  }

  async function train(): Promise<void> {
    run = await store.getRun(id)
    supervised = supervise({
      home,
      limits,
      command,
      kills,
      prepare,
      onEvent: hear,
      onInterrupted(error, wait) {
        log.warn(`run ${id} died, resuming in ${wait} ms`, error)
        // The time until it goes on by itself; null would say that it waits for the person.
        change({ status: 'interrupted', error: error.toJSON(), secondsLeft: wait / 1000 })
      },
      async onDamaged(step) {
        log.warn(`run ${id}: the state at step ${step} is damaged and was set aside`)
        await setAside(runFolder, step)
        await store.removeCheckpoint(id, step)
        return (await newestCheckpoint(runFolder)) !== null
      },
    })
    if (wanted) supervised.end(wanted)
    const ending = await supervised.done
    await recorder.settled()
    if ('error' in ending) log.warn(`run ${id} ended ${ending.status}`, ending.error)
    const error = unstored ? asStudioError(unstored) : 'error' in ending ? ending.error : null
    const last: Partial<Run> = { status: unstored ? 'failed' : ending.status, secondsLeft: null, error: error?.toJSON() ?? null }
    await conclude(last)
  }

  /** The last word about the run, past the recorder: it must be tried even when the record before it was refused. */
  async function conclude(last: Partial<Run>): Promise<void> {
    if (run) run = { ...run, ...last, updatedAt: Date.now() }
    const stored = await store.updateRun(id, last)
    feed.tell(id, { type: 'state', run: stored })
  }

  const done = train().catch(async (thrown: unknown) => {
    log.error(`run ${id} could not be supervised`, thrown)
    const error = thrown instanceof StudioError ? thrown : asStudioError(thrown)
    await conclude({ status: 'failed', secondsLeft: null, error: error.toJSON() })
  })

  return {
    id,
    get run() {
      return run
    },
    done,
    end(how) {
      wanted = how
      supervised?.end(how)
      return done
    },
    rename: (name) => change({ name }),
  }
}
