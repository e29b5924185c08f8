import { describe, expect, it } from 'vitest'
import { auroc } from '../../../../src/nn/metrics/auroc'
import { fillNormal } from '../../../../src/nn/random'

describe('the area under the curve', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    expect(auroc([1, 2, 3], [4, 5])).toBe(1)
    expect(auroc([4, 5], [1, 2, 3])).toBe(0)
    expect(auroc([7, 7], [7, 7, 7])).toBe(0.5)
    const [usual, odd] = [
      [1, 3, 3, 6],
      [2, 3, 7],
    ]
    let right = 0
    for (const o of odd) for (const u of usual) right += o > u ? 1 : o === u ? 0.5 : 0
    expect(auroc(usual, odd)).toBeCloseTo(right / 12, 12)
  })

  it('is Φ(δ/√2) for two normal distributions δ apart', () => {
    const draw = (shift: number, name: string) =>
      [...fillNormal(new Float32Array(20_000), 3, name, 0)].map((value) => value + shift)
    expect(auroc(draw(0, 'usual'), draw(Math.SQRT2, 'odd'))).toBeCloseTo(0.8413, 2)
  })
})
