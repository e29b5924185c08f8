/** A run's state as words and tones. */
import type { Run, RunStatus } from '../../../contract/nouns'

export const TONES: Record<RunStatus, 'plain' | 'made' | 'good' | 'warn' | 'bad'> = {
  queued: 'plain',
  preparing: 'made',
  running: 'made',
  paused: 'plain',
  finished: 'good',
  stopped: 'plain',
  interrupted: 'warn',
  failed: 'bad',
}

/** How far a run is, 0 to 1, where its end is known. */
export function shareOf(run: Pick<Run, 'step' | 'totalSteps' | 'stop' | 'seconds' | 'status'>): number | null {
  if (run.status === 'finished') return 1
  if (run.totalSteps) return Math.min(1, run.step / run.totalSteps)
  if (run.stop.by === 'minutes') return Math.min(1, run.seconds / (run.stop.minutes * 60))
  return null
}

/** What all is judged by, when a recipe reports it, else its first part. */
export function mainLoss(losses: Run['losses']): { key: string; value: number } | null {
  const key = ['loss', 'total'].find((name) => name in losses) ?? Object.keys(losses)[0]
  return key === undefined ? null : { key, value: losses[key]! }
}
