import { describe, expect, it } from 'vitest'
import { useSelection } from '../../../../src/renderer/rooms/data/selection'

const chosen = (selection: ReturnType<typeof useSelection>) => [...selection.chosen.value].sort((a, b) => a - b)

describe('useSelection', () => {
  it('chooses one, toggles, and extends from where it began', () => {
    const selection = useSelection(() => 100)
    selection.go(5)
    selection.go(8, 'extend')
    expect(chosen(selection)).toEqual([5, 6, 7, 8])
    selection.go(3, 'extend')
    expect(chosen(selection)).toEqual([3, 4, 5])
    selection.go(50, 'toggle')
    expect(chosen(selection)).toEqual([3, 4, 5, 50])
    selection.go(4, 'toggle')
    expect(chosen(selection)).toEqual([3, 5, 50])
    selection.go(9)
    expect(chosen(selection)).toEqual([9])
  })

  it('never leaves the grid', () => {
    const selection = useSelection(() => 10)
    selection.go(-4)
    expect(selection.active.value).toBe(0)
    selection.go(99)
    expect(selection.active.value).toBe(9)
  })

  it('chooses all of 100,000', () => {
    const selection = useSelection(() => 100_000)
    selection.all()
    expect(selection.count.value).toBe(100_000)
    selection.clear()
    expect(selection.count.value).toBe(0)
  })
})
