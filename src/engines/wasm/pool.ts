/** Our kernels on all threads: this one and helpers that share the backend's memory. */
import { Worker } from 'node:worker_threads'
import type * as WorkerThreads from 'node:worker_threads'
import { createSharing } from './sharing'
import { kernelModule, type Kernels } from './simd-module'
import { control, createRunner, kinds } from './runner'

export interface Job {
  kind: keyof typeof kinds
  units: number
  /** Bytes of scratch a unit needs. */
  scratch: number
  parameters: number[]
}

export interface Pool {
  kernels: Kernels
  threads: number
  /** Whether a multiply-add is rounded once: the last bits differ between machines that do and that do not. */
  fused: boolean
  /** Does all jobs (at most 16), in no order. `operations` decides whether it is worth to wake the helpers. */
  run(jobs: Job[], operations: number): void
}

/** Below so many operations (0.1 ms) a helper would wake up for nothing. */
const WORTH_SHARING = 4e6
/** Packing a number takes as long as so many operations. */
export const PACKING = 10

/** Looks at the helpers before this thread sleeps: about 50 µs. */
const SPINS = 5000

/** Runs in a helper: waits, joins a job that is open, waits again. */
function help(worker: typeof WorkerThreads, runner: typeof createRunner, places: typeof control): void {
  const { module, memory, shared, thread } = worker.workerData as {
    module: WebAssembly.Module
    memory: WebAssembly.Memory
    shared: Int32Array
    thread: number
  }
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
  const run = runner(kernels, shared, places)
  for (let seen = 0; ;) {
    Atomics.wait(shared, places.wake, seen)
    seen = Atomics.load(shared, places.wake)
    // First say so, then look: a job that is being closed waits for whoever said so before.
    Atomics.add(shared, places.active, 1)
    try {
      if (Atomics.load(shared, places.open) === 1) run(thread)
    } catch {
      Atomics.store(shared, places.failed, 1)
    }
    if (Atomics.sub(shared, places.active, 1) === 1) Atomics.notify(shared, places.active)
  }
}

/** `allocate` and `free` are the backend's: scratch lies in its memory. */
export function createPool(
  memory: WebAssembly.Memory,
  threads: number,
  allocate: (bytes: number) => number,
  free: (address: number) => void,
): Pool {
  const { module } = kernelModule()
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels
  const shared = new Int32Array(new SharedArrayBuffer(4 * (control.first + control.size * control.most)))
  const run = createRunner(kernels, shared, control)
  const program = `(${help.toString()})(require('node:worker_threads'), ${createRunner.toString()}, ${JSON.stringify(control)})`
  for (let thread = 1; thread < threads; thread++) {
    const helper = new Worker(program, { eval: true, workerData: { module, memory, shared, thread } })
    // A program may end while its helpers wait.
    helper.unref()
  }

  const sharing = createSharing()
  const together = (units: number): void => {
    open(shared)
    const began = performance.now()
    let own: number
    try {
      own = run(0)
    } catch (thrown) {
      close(shared)
      throw thrown
    }
    const ready = performance.now()
    close(shared)
    sharing.observe(ready - began, performance.now() - ready, own, units)
  }

  return {
    kernels,
    threads,
    fused: isFused(kernels, memory, allocate, free),
    run(jobs, operations) {
      const scratch = jobs.map((job) => (job.scratch > 0 ? allocate(job.scratch * threads) : 0))
      jobs.forEach(({ kind, units, parameters, scratch: bytes }, i) => {
        shared.set([kinds[kind], units, scratch[i]!, bytes, ...parameters], control.first + i * control.size)
        shared[control.next + i] = 0
      })
      shared[control.jobs] = jobs.length
      if (threads === 1 || operations < WORTH_SHARING || !sharing.worthwhile()) run(0)
      else together(jobs.reduce((all, job) => all + job.units, 0))
      if (shared[control.failed]) throw new Error('a helper thread of the wasm engine failed')
      for (const address of scratch) if (address) free(address)
    },
  }
}

function open(shared: Int32Array): void {
  Atomics.store(shared, control.open, 1)
  Atomics.add(shared, control.wake, 1)
  Atomics.notify(shared, control.wake)
}

/** Helpers that are at work finish it; those that have not woken up yet are not waited for. */
function close(shared: Int32Array): void {
  Atomics.store(shared, control.open, 0)
  // A unit takes less time than going to sleep and waking up again.
  for (let i = 0; i < SPINS && Atomics.load(shared, control.active) > 0; i++);
  for (let active = Atomics.load(shared, control.active); active > 0; active = Atomics.load(shared, control.active))
    Atomics.wait(shared, control.active, active)
}

/** (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ when only the sum is rounded, and 0 when the square is rounded too. */
function isFused(
  kernels: Kernels,
  memory: WebAssembly.Memory,
  allocate: (bytes: number) => number,
  free: (address: number) => void,
): boolean {
  const address = allocate(256)
  const values = new Float32Array(memory.buffer, address, 64).fill(0)
  const a = 1 + 2 ** -12
  values[0] = a
  values[8] = a
  values[16] = -(1 + 2 ** -11)
  new Int32Array(memory.buffer, address, 64)[32] = address + 64
  kernels.multiply(address, 4, address + 32, 32, address + 128, 1, 1, 1, 1)
  const fused = values[16] !== 0
  free(address)
  return fused
}
