/** Long loops in main take breaths: after a few milliseconds the event loop gets its turn, so that no window waits for a sum. */
const SLICE_MS = 5

/** Calls `work` for each part of `count` in parts of `size`, and lets others run whenever a slice of time is used up. */
export async function inSlices(count: number, size: number, work: (from: number, to: number) => void): Promise<void> {
  let since = performance.now()
  for (let from = 0; from < count; from += size) {
    work(from, Math.min(count, from + size))
    if (performance.now() - since > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve))
      since = performance.now()
    }
  }
}
