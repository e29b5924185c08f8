/** Undo and redo of places in the latent space. Moves that belong together (one drag) are one step. */
export class History<State> {
  private readonly past: State[] = []
  private future: State[] = []
  private group: string | null = null

  constructor(private readonly limit = 200) {}

  /** Remembers `before`, the state that is about to be left. The same `group` twice in a row is one step; null never joins. */
  note(before: State, group: string | null = null): void {
    if (group === null || group !== this.group) this.past.push(before)
    if (this.past.length > this.limit) this.past.shift()
    this.future = []
    this.group = group
  }

  /** Ends the group: the next note is a step of its own. */
  settle(): void {
    this.group = null
  }

  undo(now: State): State | undefined {
    return this.travel(this.past, this.future, now)
  }

  redo(now: State): State | undefined {
    return this.travel(this.future, this.past, now)
  }

  get canUndo(): boolean {
    return this.past.length > 0
  }
  get canRedo(): boolean {
    return this.future.length > 0
  }

  private travel(from: State[], to: State[], now: State): State | undefined {
    const state = from.pop()
    if (state !== undefined) to.push(now)
    this.group = null
    return state
  }
}
