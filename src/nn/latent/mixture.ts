/**
 * Mixtures of normal distributions with full covariances, fitted by expectation-maximisation (Dempster, Laird & Rubin 1977).
 *
 * As a prior fitted after training it makes a VAE's new pictures better without training it again (Dai & Wipf 2019; Ghosh et al.
 * 2020, §4): where the encodings of real pictures leave parts of N(0, 1) empty, the decoder has never seen a latent.
 */
import { fillNormal, fillUniform } from '../random'

export interface Mixture {
  /** Of the components; they add up to 1: [k]. */
  shares: Float64Array
  /** [k, d] */
  means: Float64Array
  /** Lower triangles L, row by row, with covariance L·Lᵀ: [k, d, d]. */
  factors: Float64Array
}

/** Points that a component needs for each of its directions. */
const POINTS_PER_DIRECTION = 10
const MOST_COMPONENTS = 10

/** Components for so many points: ten (Ghosh et al. 2020), fewer where a covariance would be guessed from too few points. */
export function componentsFor(n: number, d: number): number {
  return Math.max(1, Math.min(MOST_COMPONENTS, Math.floor(n / (POINTS_PER_DIRECTION * d))))
}

const MOST_ROUNDS = 50
/** Nats a point; a smaller gain than this ends the fit. */
const LEAST_GAIN = 0.01
/** Lloyd's rounds after the k-means++ start. */
const LLOYD_ROUNDS = 5
/** Points by which every component leans towards the whole cloud's variances, so that none collapses onto a few points. */
const LEANING = 1
/** A point belongs to no component by less than this. */
const LEAST_SHARE = 1e-6

/**
 * The mixture of `k` components under which `n` points in `d` dimensions, row by row in `data`, are most likely. A function of the
 * data and the seed alone. Yields after each round the mean log-likelihood of a point (nats) before it, so that the caller can
 * do something else in between.
 */
export function* fitMixture(
  data: ArrayLike<number>,
  n: number,
  d: number,
  k: number,
  seed: number,
): Generator<number, Mixture, void> {
  if (n < 1 || d < 1 || k < 1 || k > n || data.length < n * d) throw new RangeError(`no ${k} components of ${n} × ${d} numbers`)
  const points = Float64Array.from({ length: n * d }, (_, i) => data[i]!)
  const spread = variances(points, n, d)
  const belonging = firstBelonging(points, n, d, k, seed)
  let mixture = maximise(points, n, d, k, belonging, spread, points.slice(0, k * d))
  let before = -Infinity
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const likelihood = expect(points, n, d, mixture, belonging)
    yield likelihood
    if (likelihood - before < LEAST_GAIN) break
    before = likelihood
    mixture = maximise(points, n, d, k, belonging, spread, mixture.means)
  }
  return mixture
}

/** Draws from the mixture into `out`, one point, as a function of (seed, stream, index). */
export function drawMixture(
  { shares, means, factors }: Mixture,
  out: Float32Array,
  seed: number,
  stream: string,
  index: number,
): void {
  const d = out.length
  const [chance] = fillUniform(new Float32Array(1), seed, `${stream}/component`, index)
  const component = pick(shares, chance!)
  const normal = fillNormal(new Float32Array(d), seed, stream, index)
  const factor = component * d * d
  for (let row = 0; row < d; row++) {
    let sum = means[component * d + row]!
    for (let column = 0; column <= row; column++) sum += factors[factor + row * d + column]! * normal[column]!
    out[row] = sum
  }
}

/** The index whose part of the whole, laid end to end, `chance` on [0, 1) falls into. */
function pick(weights: ArrayLike<number>, chance: number): number {
  let whole = 0
  for (let i = 0; i < weights.length; i++) whole += weights[i]!
  let left = chance * whole
  let last = 0
  for (let i = 0; i < weights.length; i++) {
    if (weights[i]! <= 0) continue
    last = i
    left -= weights[i]!
    if (left < 0) break
  }
  return last
}

function variances(points: Float64Array, n: number, d: number): Float64Array {
  const [sums, squares] = [new Float64Array(d), new Float64Array(d)]
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) {
      const value = points[i * d + j]!
      sums[j]! += value
      squares[j]! += value * value
    }
  // A coordinate that never changes still needs a variance that can be divided by.
  return squares.map((square, j) => Math.max(1e-6, square / n - (sums[j]! / n) ** 2))
}

/** Each point wholly to one of k centres, found by k-means++ (Arthur & Vassilvitskii 2007) and a few of Lloyd's rounds: [n, k]. */
function firstBelonging(points: Float64Array, n: number, d: number, k: number, seed: number): Float64Array {
  const chances = fillUniform(new Float32Array(k), seed, 'mixture', 0)
  const centres = new Float64Array(k * d)
  const nearest = new Float64Array(n).fill(Infinity)
  const own = new Int32Array(n)
  const away = (point: number, centre: number): number => {
    let sum = 0
    for (let j = 0; j < d; j++) sum += (points[point * d + j]! - centres[centre * d + j]!) ** 2
    return sum
  }
  for (let c = 0; c < k; c++) {
    const chosen = c === 0 ? Math.floor(chances[0]! * n) : pick(nearest, chances[c]!)
    centres.set(points.subarray(chosen * d, (chosen + 1) * d), c * d)
    for (let i = 0; i < n; i++) {
      const distance = away(i, c)
      if (distance < nearest[i]!) [nearest[i], own[i]] = [distance, c]
    }
  }
  for (let round = 0; round < LLOYD_ROUNDS; round++) {
    const [sums, counts] = [new Float64Array(k * d), new Float64Array(k)]
    for (let i = 0; i < n; i++) {
      counts[own[i]!]!++
      for (let j = 0; j < d; j++) sums[own[i]! * d + j]! += points[i * d + j]!
    }
    for (let c = 0; c < k; c++) if (counts[c]! > 0) for (let j = 0; j < d; j++) centres[c * d + j] = sums[c * d + j]! / counts[c]!
    for (let i = 0; i < n; i++) {
      let least = Infinity
      for (let c = 0; c < k; c++) {
        const distance = away(i, c)
        if (distance < least) [least, own[i]] = [distance, c]
      }
    }
  }
  const belonging = new Float64Array(n * k)
  for (let i = 0; i < n; i++) belonging[i * k + own[i]!] = 1
  return belonging
}

/** What part of each point belongs to which component, into `belonging`; gives the mean log-likelihood of a point. */
function expect(
  points: Float64Array,
  n: number,
  d: number,
  { shares, means, factors }: Mixture,
  belonging: Float64Array,
): number {
  const k = shares.length
  for (let c = 0; c < k; c++) {
    const inverse = inverseOf(factors.subarray(c * d * d, (c + 1) * d * d), d)
    let logDet = 0
    for (let j = 0; j < d; j++) logDet += Math.log(inverse[j * d + j]!)
    const constant = Math.log(shares[c]!) + logDet - 0.5 * d * Math.log(2 * Math.PI)
    const mean = means.subarray(c * d, (c + 1) * d)
    inBlocks(n, (first, count) => {
      const rows = centred(points, first, count, d, mean)
      const distances = squaredLengths(inverse, rows, d)
      for (let r = 0; r < count; r++) belonging[(first + r) * k + c] = constant - 0.5 * distances[r]!
    })
  }
  let likelihood = 0
  for (let i = 0; i < n; i++) {
    let most = -Infinity
    for (let c = 0; c < k; c++) most = Math.max(most, belonging[i * k + c]!)
    let sum = 0
    for (let c = 0; c < k; c++) sum += belonging[i * k + c] = Math.exp(belonging[i * k + c]! - most)
    for (let c = 0; c < k; c++) belonging[i * k + c]! /= sum
    likelihood += most + Math.log(sum)
  }
  return likelihood / n
}

/** The most likely mixture where the points belong like this. A component that nothing belongs to keeps its `old` mean. */
function maximise(
  points: Float64Array,
  n: number,
  d: number,
  k: number,
  belonging: Float64Array,
  spread: Float64Array,
  old: Float64Array,
): Mixture {
  const shares = new Float64Array(k)
  const means = new Float64Array(k * d)
  const factors = new Float64Array(k * d * d)
  for (let c = 0; c < k; c++) {
    const members = Int32Array.from({ length: n }, (_, i) => i).filter((i) => belonging[i * k + c]! > LEAST_SHARE)
    const mean = means.subarray(c * d, (c + 1) * d)
    let weight = 0
    for (const i of members) {
      const share = belonging[i * k + c]!
      weight += share
      for (let j = 0; j < d; j++) mean[j]! += share * points[i * d + j]!
    }
    for (let j = 0; j < d; j++) mean[j] = weight > 0 ? mean[j]! / weight : old[c * d + j]!
    shares[c] = Math.max(weight, LEAST_SHARE) / n
    const covariance = new Float64Array(d * d)
    inBlocks(members.length, (first, count) => {
      const rows = Array.from({ length: BLOCK }, (_, r) => {
        const row = new Float64Array(d)
        if (r >= count) return row
        const i = members[first + r]!
        const root = Math.sqrt(belonging[i * k + c]!)
        for (let j = 0; j < d; j++) row[j] = root * (points[i * d + j]! - mean[j]!)
        return row
      })
      addProducts(covariance, rows, d)
    })
    for (let j = 0; j < d; j++) {
      covariance[j * d + j]! += LEANING * spread[j]!
      for (let e = 0; e <= j; e++) covariance[j * d + e]! /= weight + LEANING
    }
    factors.set(cholesky(covariance, d), c * d * d)
  }
  const whole = shares.reduce((sum, share) => sum + share, 0)
  return { shares: shares.map((share) => share / whole), means, factors }
}

/** Rows taken at once: each number of a matrix that is read serves all of them. */
const BLOCK = 4

function inBlocks(n: number, use: (first: number, count: number) => void): void {
  for (let first = 0; first < n; first += BLOCK) use(first, Math.min(BLOCK, n - first))
}

/** Points less a mean; rows beyond the last are nought. */
function centred(points: Float64Array, first: number, count: number, d: number, mean: Float64Array): Float64Array[] {
  return Array.from({ length: BLOCK }, (_, r) => {
    const row = new Float64Array(d)
    if (r < count) for (let j = 0; j < d; j++) row[j] = points[(first + r) * d + j]! - mean[j]!
    return row
  })
}

/** |W·x|² of each row x, with W a lower triangle. */
function squaredLengths(w: Float64Array, rows: Float64Array[], d: number): [number, number, number, number] {
  const [a, b, c, e] = rows as [Float64Array, Float64Array, Float64Array, Float64Array]
  const all: [number, number, number, number] = [0, 0, 0, 0]
  for (let row = 0; row < d; row++) {
    let [sa, sb, sc, se] = [0, 0, 0, 0]
    for (let j = 0, at = row * d; j <= row; j++, at++) {
      const value = w[at]!
      sa += value * a[j]!
      sb += value * b[j]!
      sc += value * c[j]!
      se += value * e[j]!
    }
    all[0] += sa * sa
    all[1] += sb * sb
    all[2] += sc * sc
    all[3] += se * se
  }
  return all
}

/** Adds the rows' products with themselves to the lower triangle of `sum`. */
function addProducts(sum: Float64Array, rows: Float64Array[], d: number): void {
  const [a, b, c, e] = rows as [Float64Array, Float64Array, Float64Array, Float64Array]
  for (let i = 0; i < d; i++) {
    const [ai, bi, ci, ei] = [a[i]!, b[i]!, c[i]!, e[i]!]
    for (let j = 0, at = i * d; j <= i; j++, at++) sum[at]! += ai * a[j]! + bi * b[j]! + ci * c[j]! + ei * e[j]!
  }
}

/** L of a positive definite matrix L·Lᵀ, of which the lower triangle is read. */
function cholesky(matrix: Float64Array, d: number): Float64Array {
  const l = new Float64Array(d * d)
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j]!
      for (let m = 0; m < j; m++) sum -= l[i * d + m]! * l[j * d + m]!
      l[i * d + j] = i === j ? Math.sqrt(sum) : sum / l[j * d + j]!
    }
  return l
}

/** The inverse of a lower triangle, which is one too. */
function inverseOf(l: Float64Array, d: number): Float64Array {
  const inverse = new Float64Array(d * d)
  for (let column = 0; column < d; column++) {
    inverse[column * d + column] = 1 / l[column * d + column]!
    for (let row = column + 1; row < d; row++) {
      let sum = 0
      for (let m = column; m < row; m++) sum -= l[row * d + m]! * inverse[m * d + column]!
      inverse[row * d + column] = sum / l[row * d + row]!
    }
  }
  return inverse
}
