/** Starts the heartbeat thread, where main listens for it, and hands it the steps. */
import { fstatSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

const BEATS = 4

export interface Pulse {
  step: (step: number) => void
}

/** `folder`: where `heartbeat.js` lies. Without a pipe at descriptor 4 nothing beats. */
export function startPulse(folder: string): Pulse {
  if (!listening()) return { step: () => {} }
  const memory = new SharedArrayBuffer(4)
  const counter = new Int32Array(memory).fill(-1)
  const worker = new Worker(join(folder, 'heartbeat.js'), { workerData: { memory, fd: BEATS } })
  worker.unref()
  // Without its heartbeat the program still trains; main then knows it only by its progress.
  worker.on('error', () => {})
  return { step: (step) => void Atomics.store(counter, 0, step) }
}

/** Node's children get sockets as pipes; any other descriptor 4 is one of our own program's, not main's. */
function listening(): boolean {
  try {
    const stat = fstatSync(BEATS)
    return process.platform === 'win32' ? stat.isFIFO() : stat.isSocket()
  } catch {
    return false
  }
}
