/**
 * The helper thread that tells main every second that the program lives, and which step it is at: also while a step holds the
 * main thread, so that a hung step is told from a hung program. It has a pipe of its own (descriptor 4), for its frames must
 * not fall between the parts of another thread's.
 */
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { encodeFrame } from '../contract/frames'

const BEAT_MS = 1000
/** After main has gone the main thread has this long to save and end by itself. */
const ORPHAN_MS = 9000

const { memory, fd } = workerData as { memory: SharedArrayBuffer; fd: number }
/** The step, or −1 while there is none to tell. */
const step = new Int32Array(memory)

setInterval(() => {
  const now = Atomics.load(step, 0)
  if (now < 0) return
  try {
    writeSync(fd, encodeFrame({ type: 'heartbeat', step: now }))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A full pipe means that main is slow, a broken one that it has gone. A hung main thread would then stay for ever.
    if (code === 'EPIPE') setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_MS)
  }
}, BEAT_MS)
