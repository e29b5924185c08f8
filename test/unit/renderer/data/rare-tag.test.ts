import { describe, expect, it } from 'vitest'
import { rareTag } from '../../../../src/renderer/rooms/data/rare-tag'

const tags = (counts: Record<string, number>) => Object.entries(counts).map(([name, items]) => ({ name, items }))

describe('rareTag', () => {
  it('names the rarest when it is rare', () => {
    expect(rareTag(tags({ smile: 1104, hat: 150, glasses: 700 }), 2000)?.name).toBe('hat')
  })
  it('is silent when all are common, when nothing has it, and in small or endless sets', () => {
    expect(rareTag(tags({ a: 900, b: 1100 }), 2000)).toBeNull()
    expect(rareTag(tags({ a: 900, none: 0 }), 2000)).toBeNull()
    expect(rareTag(tags({ a: 60, b: 2 }), 62)).toBeNull()
    expect(
      rareTag(
        Array.from({ length: 100 }, (_, index) => ({ name: String(index), items: 20 })),
        2000,
      ),
    ).toBeNull()
    expect(rareTag([], 2000)).toBeNull()
  })
})
