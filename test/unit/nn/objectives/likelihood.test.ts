import '../../../support/backend'
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { freeBits, logPriorRatio, normalKl, reparameterise } from '../../../../src/nn/objectives/elbo'
import { logMeanExp } from '../../../../src/nn/objectives/importance'
import { bernoulliNll, binarised, gaussianNll, logisticNll } from '../../../../src/nn/objectives/likelihood'
import { gradients, makeVariable, mean, mul, sum, tensor, tidy } from '../../../../src/nn/ops'
import { fillNormal, fillUniform } from '../../../../src/nn/random'

const normals = (n: number, name: string): number[] => [...fillNormal(new Float32Array(n), 11, name, 0)]
const uniforms = (n: number, name: string, low = 0, high = 1): number[] => [
  ...fillUniform(new Float32Array(n), 11, name, 0, low, high),
]
const sigma = (v: number): number => 1 / (1 + Math.exp(-v))

/** The gradients of Σ f by each of its arguments, given as plain numbers. */
function slopes(f: (...all: Tensor[]) => Tensor, ...values: number[][]): number[][] {
  return tidy(() => {
    const variables = Object.fromEntries(values.map((one, i) => [`${i}`, makeVariable(one, [one.length, 1])]))
    const { grads } = gradients(() => sum(f(...Object.values(variables))) as Scalar, variables)
    return values.map((_, i) => [...grads[`${i}`]!.dataSync()])
  })
}

const near = (actual: ArrayLike<number>, expected: number[], share = 1e-4): void => {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) =>
    expect(Math.abs(actual[i]! - value), `${i}: ${actual[i]} for ${value}`).toBeLessThan(share * Math.max(1, Math.abs(value))),
  )
}

describe('the slopes of the likelihoods, against those derived by hand', () => {
  const n = 40
  const logits = normals(n, 'logits').map((v) => v * 3)
  const means = uniforms(n, 'means')
  const spreads = uniforms(n, 'spreads', 0.02, 0.6)
  const grey = uniforms(n, 'grey').map((v) => Math.round(v * 255) / 255)
  // The ends, where one half of the bin is all that lies beyond.
  grey[0] = 0
  grey[1] = 1
  const x = () => tensor(grey, [n, 1])

  it('Bernoulli: p − x', () => {
    near(
      slopes((l) => bernoulliNll(l, x()), logits)[0]!,
      logits.map((l, i) => sigma(l) - grey[i]!),
    )
  })

  it('Gaussian: (m − x)/σ², and 1/σ − (x − m)²/σ³', () => {
    const [byMean, bySpread] = slopes((m, s) => gaussianNll(m, x(), s), means, spreads)
    near(
      byMean!,
      means.map((m, i) => (m - grey[i]!) / spreads[i]! ** 2),
    )
    near(
      bySpread!,
      spreads.map((s, i) => 1 / s - (grey[i]! - means[i]!) ** 2 / s ** 3),
    )
  })

  it('logistic: the density at the bin’s edges over its mass', () => {
    const half = 0.5 / 255
    const scales = spreads.map((s) => Math.max(s, 0.05))
    const density = (v: number): number => sigma(v) * sigma(-v)
    const expected = means.map((m, i) => {
      const s = scales[i]!
      const [a, b] = [(grey[i]! + half - m) / s, (grey[i]! - half - m) / s]
      // Beyond the ends the cumulative function is 1 and 0, with no slope.
      const [upper, lower] = [grey[i] === 1 ? 1 : sigma(a), grey[i] === 0 ? 0 : sigma(b)]
      const [da, db] = [grey[i] === 1 ? 0 : density(a), grey[i] === 0 ? 0 : density(b)]
      const mass = upper - lower
      return { nll: -Math.log(mass), byMean: (da - db) / (s * mass), byScale: (da * a - db * b) / (s * mass) }
    })
    const [byMean, byScale] = slopes((m, s) => logisticNll(m, x(), s), means, scales)
    // Float32 sees the difference of two nearly equal slopes.
    near(
      byMean!,
      expected.map(({ byMean }) => byMean),
      2e-3,
    )
    near(
      byScale!,
      expected.map(({ byScale }) => byScale),
      2e-3,
    )
    const nll = tidy(() => logisticNll(tensor(means, [n, 1]), x(), tensor(scales, [n, 1])).dataSync())
    near(
      nll,
      expected.map(({ nll }) => nll),
    )
  })
})

describe('the discretised logistic', () => {
  it.each([
    [0.5, 0.05],
    [0.5, 0.0003],
    [0.01, 0.2],
    [1, 1],
    [-0.3, 0.1],
    [0.997, 0.002],
  ])('gives 256 values a whole of 1: mean %f, scale %f', (m, s) => {
    const values = Array.from({ length: 256 }, (_, i) => i / 255)
    for (const scale of [s, null]) {
      const nll = tidy(() => {
        const at = tensor(Array<number>(256).fill(m), [256, 1])
        return logisticNll(at, tensor(values, [256, 1]), scale ?? tensor([s], [1])).dataSync()
      })
      const whole = [...nll].reduce((all, value) => all + Math.exp(-value), 0)
      expect(Math.abs(whole - 1)).toBeLessThan(1e-4)
      expect([...nll].every((value) => value >= -1e-6 && Number.isFinite(value))).toBe(true)
    }
  })
})

describe('dynamic binarisation', () => {
  it('is on as often as the grey says, never at 0 and always at 1', () => {
    const n = 20_000
    for (const grey of [0, 0.2, 0.7, 1]) {
      const drawn = tidy(() => binarised(tensor(Array<number>(n).fill(grey), [n]), tensor(uniforms(n, 'pixels'), [n])).dataSync())
      expect([...drawn].every((v) => v === 0 || v === 1)).toBe(true)
      const share = [...drawn].reduce((all, v) => all + v, 0) / n
      expect(Math.abs(share - grey)).toBeLessThan(grey % 1 === 0 ? 1e-9 : 0.015)
    }
  })
})

describe('free bits', () => {
  const [n, d] = [6, 4]
  const mu = normals(n * d, 'mu').map((v, i) => (i % d === 0 ? 0.05 * v : v))
  const lv = normals(n * d, 'lv').map((v, i) => (i % d === 0 ? 0.05 * v : v))
  /** KL of each latent, as a mean over the batch. */
  const kls = Array.from({ length: d }, (_, j) => {
    let all = 0
    for (let i = 0; i < n; i++) all += 0.5 * (mu[i * d + j]! ** 2 + Math.exp(lv[i * d + j]!) - lv[i * d + j]! - 1)
    return all / n
  })
  const given = () => ({ mean: tensor(mu, [n, d]) as Tensor2D, logVariance: tensor(lv, [n, d]) as Tensor2D })
  const average = (each: Tensor): Scalar => mean(each)

  it('are the sum of the larger of λ and each latent’s own KL', () => {
    for (const free of [0, 0.1, 0.8, 100]) {
      const value = tidy(() => freeBits(given(), free, average).dataSync()[0])
      expect(value).toBeCloseTo(
        kls.reduce((all, kl) => all + Math.max(free, kl), 0),
        4,
      )
    }
    expect(tidy(() => freeBits(given(), 0, average).dataSync()[0])).toBeCloseTo(
      tidy(() => mean(normalKl(given())).dataSync()[0]!),
      5,
    )
  })

  it('pull at no latent below λ, and at the others as the KL does', () => {
    const free = 0.1
    expect(kls[0]).toBeLessThan(free)
    const grad = tidy(() => {
      const variables = { mean: makeVariable(mu, [n, d]), logVariance: makeVariable(lv, [n, d]) }
      const q = { mean: variables.mean as unknown as Tensor2D, logVariance: variables.logVariance as unknown as Tensor2D }
      const { grads } = gradients(() => freeBits(q, free, average), variables)
      return [...grads.mean!.dataSync()]
    })
    near(
      grad,
      mu.map((m, i) => (kls[i % d]! > free ? m / n : 0)),
      1e-5,
    )
  })
})

describe('importance sampling', () => {
  it('is the logarithm of the mean weight, whatever its size', () => {
    near(logMeanExp([Math.log(1), Math.log(3), -1000, -1000], 2), [Math.log(2), -1000])
    near(logMeanExp([-5000, -5000 + Math.log(7)], 2), [-5000 + Math.log(4)])
    expect(logMeanExp([-Infinity, -Infinity, 0, -Infinity], 2)).toEqual(Float64Array.of(-Infinity, -Math.log(2)))
  })

  it('finds log p(x) where it is known, between the bound and the truth', () => {
    // z ~ N(0, 1), x | z ~ N(z, s²): x ~ N(0, 1 + s²); with a posterior that is wrong on purpose.
    const [s, x, count, samples] = [0.5, 1.3, 200, 500]
    const truth = -0.5 * (Math.log(2 * Math.PI * (1 + s * s)) + (x * x) / (1 + s * s))
    const weights = tidy(() => {
      const rows = count * samples
      const wide = (value: number) => mul(tensor(Array<number>(rows).fill(1), [rows, 1]), value) as Tensor2D
      const q = { mean: wide(0.6), logVariance: wide(Math.log(0.5)) }
      const eps = tensor(normals(rows, 'eps'), [rows, 1])
      const z = reparameterise(q, eps)
      return logPriorRatio(q, z, eps)
        .sub(gaussianNll(z, wide(x), s))
        .dataSync() as Float32Array
    })
    const of = (k: number): number => {
      const all = logMeanExp(weights, k)
      return all.reduce((sum, value) => sum + value, 0) / all.length
    }
    expect(of(1)).toBeLessThan(of(10))
    expect(of(10)).toBeLessThan(of(500) + 1e-3)
    expect(Math.abs(of(500) - truth)).toBeLessThan(0.01)
    expect(of(1)).toBeLessThan(truth - 0.1)
  })
})
