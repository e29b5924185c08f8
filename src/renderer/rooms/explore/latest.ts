/** Many wishes, one at a time: while an answer is under way only the newest wish waits, and older ones are dropped. */
export class Latest<Wish> {
  private waiting: { wish: Wish } | null = null
  private busy = false
  private closed = false

  /**
   * @param work fulfils a wish; its errors go to `failed` and do not stop the next one.
   * @param frame when to start the one that waited: `requestAnimationFrame`, so that answers never come faster than frames.
   */
  constructor(
    private readonly work: (wish: Wish) => Promise<void>,
    private readonly failed: (error: unknown) => void,
    private readonly frame: (run: () => void) => void = (run) => requestAnimationFrame(run),
  ) {}

  ask(wish: Wish): void {
    this.waiting = { wish }
    if (this.busy || this.closed) return
    this.busy = true
    void this.run()
  }

  close(): void {
    this.closed = true
    this.waiting = null
  }

  private async run(): Promise<void> {
    const next = this.waiting
    this.waiting = null
    if (next && !this.closed) await this.work(next.wish).catch(this.failed)
    if (this.waiting && !this.closed) this.frame(() => void this.run())
    else this.busy = false
  }
}
