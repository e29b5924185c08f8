import { describe, expect, it } from 'vitest'
import { createSharing } from '../../../src/engines/wasm/sharing'

describe('sharing work with helper threads', () => {
  it('goes on while helpers take a part of the work', () => {
    const sharing = createSharing()
    for (let i = 0; i < 1000; i++) {
      expect(sharing.worthwhile()).toBe(true)
      sharing.observe(2, 0.1, 50, 100)
    }
  })

  it('stops when waiting costs more than they do, tries again, and rests longer each time', () => {
    const sharing = createSharing()
    const rests: number[] = []
    for (let trial = 0; trial < 8; trial++) {
      while (sharing.worthwhile()) sharing.observe(2, 5, 60, 100)
      let rest = 1
      while (!sharing.worthwhile()) rest += 1
      sharing.observe(2, 5, 60, 100)
      rests.push(rest)
    }
    expect(rests[0]).toBe(50)
    expect(rests[1]).toBe(100)
    expect(Math.max(...rests)).toBe(1600)
  })

  it('forgives one late helper among many that help', () => {
    const sharing = createSharing()
    for (let i = 0; i < 100; i++) {
      expect(sharing.worthwhile()).toBe(true)
      sharing.observe(2, i === 50 ? 20 : 0.1, 50, 100)
    }
  })
})
