import { describe, expect, it } from 'vitest'
import { History } from '../../../../src/renderer/rooms/explore/history'
import { along, latentAt, placeOf, strengthOf, withStrength } from '../../../../src/renderer/rooms/explore/latents'
import { Latest } from '../../../../src/renderer/rooms/explore/latest'

const plane = {
  mean: [1, 2, 3],
  axes: [
    [1, 0, 0],
    [0, 0.6, 0.8],
  ] as [number[], number[]],
}
const direction = { id: 'p1', name: '', kind: 'principal' as const, accuracy: 0.3, vector: [0, 0.6, 0.8], spread: 2 }

describe('latents', () => {
  it('goes to a place of the map and back', () => {
    const latent = latentAt(plane, 4, -5)
    expect(latent).toEqual([5, -1, -1])
    const [x, y] = placeOf(plane, latent)
    expect(x).toBeCloseTo(4)
    expect(y).toBeCloseTo(-5)
  })
  it('moves along a direction by spreads and leaves the rest alone', () => {
    const latent = [7, 1, 1]
    const moved = withStrength(direction, plane.mean, latent, 1.5)
    expect(strengthOf(direction, plane.mean, moved)).toBeCloseTo(1.5)
    expect(moved[0]).toBe(7)
    const across = [0, -0.8, 0.6]
    const dot = (a: number[]) => a.reduce((sum, value, i) => sum + value * across[i]!, 0)
    expect(dot(moved)).toBeCloseTo(dot(latent))
    expect(strengthOf(direction, plane.mean, plane.mean)).toBe(0)
  })
  it('walks along stops', () => {
    const stops = [
      [0, 0],
      [10, 0],
      [10, 10],
    ]
    expect(along(stops, 0)).toEqual([0, 0])
    expect(along(stops, 0.25)).toEqual([5, 0])
    expect(along(stops, 0.75)).toEqual([10, 5])
    expect(along(stops, 2)).toEqual([10, 10])
    expect(along([[4]], 0.5)).toEqual([4])
  })
})

describe('History', () => {
  it('undoes and redoes', () => {
    const history = new History<string>()
    history.note('a')
    history.note('b')
    expect(history.undo('c')).toBe('b')
    expect(history.undo('b')).toBe('a')
    expect(history.undo('a')).toBeUndefined()
    expect(history.redo('a')).toBe('b')
    expect(history.redo('b')).toBe('c')
    expect(history.canRedo).toBe(false)
  })
  it('takes one drag as one step', () => {
    const history = new History<number>()
    for (let i = 0; i < 50; i++) history.note(i, 'slider 1')
    history.settle()
    history.note(50, 'slider 1')
    expect(history.undo(51)).toBe(50)
    expect(history.undo(50)).toBe(0)
    expect(history.canUndo).toBe(false)
  })
  it('forgets the future after a new move, and the far past', () => {
    const history = new History<number>(3)
    for (let i = 0; i < 9; i++) history.note(i)
    expect(history.undo(9)).toBe(8)
    history.note(8)
    expect(history.canRedo).toBe(false)
    expect([history.undo(0), history.undo(0), history.undo(0), history.undo(0)]).toEqual([8, 7, 6, undefined].slice(0, 4))
  })
})

describe('Latest', () => {
  const now = (run: () => void) => run()
  it('keeps one request under way and only the newest waiting', async () => {
    const done: number[] = []
    const open: (() => void)[] = []
    const latest = new Latest<number>(
      (wish) => new Promise((resolve) => open.push(() => (done.push(wish), resolve()))),
      () => {},
      now,
    )
    for (let i = 1; i <= 5; i++) latest.ask(i)
    expect(open).toHaveLength(1)
    open[0]!()
    await Promise.resolve().then(() => new Promise((resolve) => setTimeout(resolve)))
    expect(open).toHaveLength(2)
    open[1]!()
    await new Promise((resolve) => setTimeout(resolve))
    expect(done).toEqual([1, 5])
    // And it is free again.
    latest.ask(6)
    expect(open).toHaveLength(3)
  })
  it('goes on after an error', async () => {
    const failures: unknown[] = []
    const done: number[] = []
    const latest = new Latest<number>(
      async (wish) => {
        if (wish === 1) throw new Error('no')
        done.push(wish)
      },
      (error) => failures.push(error),
      now,
    )
    latest.ask(1)
    latest.ask(2)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(failures).toHaveLength(1)
    expect(done).toEqual([2])
  })
  it('asks nothing more once closed', async () => {
    const done: number[] = []
    const latest = new Latest<number>(
      async (wish) => void done.push(wish),
      () => {},
      now,
    )
    latest.close()
    latest.ask(1)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(done).toEqual([])
  })
})
