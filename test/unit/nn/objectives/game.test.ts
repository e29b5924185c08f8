/** The whole game on points of the plane, where theory says how it ends (Goodfellow et al. 2014, theorem 1). */
import '../../../support/backend'
import { describe, expect, it } from 'vitest'
import { coverage, equilibrium, exactPlayers, grid, moments, normal, play, ring } from '../../../../bench/ours/games'
import { eagerly } from '../../../../src/engines/engine'

const target = normal([1, -0.5], [1.2, 0.5, 0.6])
const wanted = [...target.mean, ...target.covariance]
const game = {
  loss: 'minimax',
  latentSize: 2,
  batch: 128,
  training: { optimizer: 'adam', learningRate: 0.02, beta1: 0 },
  averageDecay: 0.98,
} as const

/** Where it stands after so many steps: V, the distance of D from ½, and how far the moments of what is made are off. */
function after(steps: number): { value: number; distance: number; error: number } {
  const played = play({ ...game, networks: exactPlayers() }, target, steps, { compile: eagerly, compiles: false })
  const { mean, covariance } = moments(played.made(10_000))
  const error = Math.max(...[...mean, ...covariance].map((one, i) => Math.abs(one - wanted[i]!)))
  const found = { ...equilibrium(played, target, 10_000), error }
  played.dispose()
  return found
}

describe('the minimax game, on a target that the generator can make exactly', () => {
  it('comes to V = −log 4, D = ½ and the target', () => {
    expect(after(0).error).toBeGreaterThan(0.5)
    const { value, distance, error } = after(500)
    expect(Math.abs(value + Math.log(4))).toBeLessThan(0.02)
    expect(distance).toBeLessThan(0.05)
    expect(error).toBeLessThan(0.15)
  }, 120_000)
})

describe('modes', () => {
  it.each([ring, grid])('$name: all are hit by its own points, and 98.9 % are within three deviations', (mixture) => {
    const { modes, quality } = coverage(mixture.draw(new Float32Array(5000), 'own', 0), mixture)
    expect(modes).toBe(mixture.centres.length)
    // 1 − e^(−9/2) of a normal distribution in the plane.
    expect(quality).toBeGreaterThan(0.98)
    expect(quality).toBeLessThan(0.996)
  })

  it('one mode is one mode, and between them is nothing', () => {
    expect(coverage(Float32Array.of(2, 0, 2.01, 0.01), ring)).toEqual({ modes: 1, quality: 1 })
    expect(coverage(Float32Array.of(0, 0, 2, 0.2), ring)).toEqual({ modes: 0, quality: 0 })
  })
})
