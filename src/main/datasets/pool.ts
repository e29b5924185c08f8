/** Side by side, in order: results come out as their inputs went in, and only so much is in the air at a time. */

/** Runs `work` on up to `width` inputs at once and yields the answers in the order of the inputs. */
export async function* inOrder<In, Out>(
  inputs: AsyncIterable<In>,
  width: number,
  work: (input: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const running: Promise<Out>[] = []
  try {
    for await (const input of inputs) {
      const promise = work(input)
      // Awaited later, in its turn; until then an early failure is not "unhandled".
      promise.catch(() => {})
      running.push(promise)
      if (running.length >= width) yield await running.shift()!
    }
    while (running.length > 0) yield await running.shift()!
  } finally {
    await Promise.allSettled(running)
  }
}

/** A budget that large pieces of work share. One larger than the whole budget runs alone. */
export class Budget {
  private used = 0
  private readonly waiting: (() => void)[] = []
  constructor(private readonly size: number) {}

  async take(amount: number): Promise<() => void> {
    const share = Math.min(amount, this.size)
    while (this.used + share > this.size) await new Promise<void>((resolve) => this.waiting.push(resolve))
    this.used += share
    return () => {
      this.used -= share
      for (const wake of this.waiting.splice(0)) wake()
    }
  }
}
