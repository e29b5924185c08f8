/**
 * Buffers in shared memory that one thread fills in order and another takes in order: entry n lies in slot n modulo their number.
 * A slot is filled again only when the other thread is done with what lay in it.
 */

/** Memory that a ring may take, and slots it has at most: the next entry hides the work, more of them hide a busy moment. */
const MOST_BYTES = 256 * 1024 ** 2
const MOST_SLOTS = 4

/** Entries filled and entries done with, modulo 2³²; and whether nobody wants more. */
const [FILLED, DONE, CLOSED] = [0, 1, 2]

export interface Ring {
  words: Int32Array<SharedArrayBuffer>
  slots: Float32Array<SharedArrayBuffer>[]
}

/** Slots for entries of so many bytes. One larger than the limit gets the only slot. */
export const slotCount = (bytes: number): number => Math.max(1, Math.min(MOST_SLOTS, Math.floor(MOST_BYTES / bytes)))

/** Entries of so many float32 numbers. */
export function createRing(numbers: number): Ring {
  const bytes = numbers * Float32Array.BYTES_PER_ELEMENT
  const count = slotCount(bytes)
  return {
    words: new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)),
    slots: Array.from({ length: count }, () => new Float32Array(new SharedArrayBuffer(bytes))),
  }
}

export const slotOf = ({ slots }: Ring, n: number): number => n % slots.length

/** For who fills: holds the thread until there is room for entry n. False when nobody wants it. */
export function awaitRoom({ words, slots }: Ring, n: number): boolean {
  for (;;) {
    const done = Atomics.load(words, DONE)
    if (Atomics.load(words, CLOSED) === 1) return false
    if (((n - done) | 0) < slots.length) return true
    Atomics.wait(words, DONE, done)
  }
}

/** For who fills: the next entry is there. */
export function fill({ words }: Ring): void {
  Atomics.add(words, FILLED, 1)
  Atomics.notify(words, FILLED)
}

/** For who takes: whether entry n is there. */
export function isFilled({ words }: Ring, n: number): boolean {
  return ((Atomics.load(words, FILLED) - n) | 0) > 0
}

/** For who takes: resolves when entry n may be there, or at `wake`. */
export async function filling(ring: Ring, n: number): Promise<void> {
  const seen = Atomics.load(ring.words, FILLED)
  if (!isFilled(ring, n)) await Atomics.waitAsync(ring.words, FILLED, seen).value
}

/** Ends all `filling`. */
export function wake({ words }: Ring): void {
  Atomics.notify(words, FILLED)
}

/** For who takes: done with all entries before n. */
export function releaseBefore({ words }: Ring, n: number): void {
  Atomics.store(words, DONE, n | 0)
  Atomics.notify(words, DONE)
}

/** For who takes: no more. */
export function closeRing({ words }: Ring): void {
  Atomics.store(words, CLOSED, 1)
  // Who waits for room looks at DONE: only a change of it cannot be missed between looking and waiting.
  Atomics.add(words, DONE, 1)
  Atomics.notify(words, DONE)
}
