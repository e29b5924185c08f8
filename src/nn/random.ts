/**
 * Stateless randomness: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
 *
 * Every number is a function of (seed, stream name, index, position), so nothing has to be saved to resume exactly, and the
 * same run draws the same numbers on every engine. The key is the seed's 64 bits; the counter is
 * [position / 4, index, hash of the name, second hash of the name].
 */
import type { Parameter } from './module'

/** One block: four 32-bit words from a counter and a key, written to `out`. */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Uint32Array): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0)
    const low0 = Math.imul(0xd2511f53, c0)
    const high1 = multiplyHigh(0xcd9e8d57, c2)
    const low1 = Math.imul(0xcd9e8d57, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/** The upper 32 bits of a 32 × 32 bit product, from 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16
  const aLow = a & 0xffff
  const bHigh = b >>> 16
  const bLow = b & 0xffff
  // No sum below exceeds 2^33: doubles hold it exactly.
  const low = Math.imul(aLow, bLow) >>> 0
  const middle = aHigh * bLow + (low >>> 16)
  const middle2 = aLow * bHigh + (middle % 0x10000)
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middle2 / 0x10000)) | 0
}

/** FNV-1a over UTF-16 units, from a starting value, so that two of them make 64 bits. */
function hash(text: string, start: number): number {
  let h = start
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ (text.charCodeAt(i) & 0xff), 0x01000193)
    h = Math.imul(h ^ (text.charCodeAt(i) >>> 8), 0x01000193)
  }
  return h | 0
}

/** Blocks of one stream, in order of position. */
class Blocks {
  readonly words = new Uint32Array(4)
  #block = 0
  readonly #k0: number
  readonly #k1: number
  readonly #index: number
  readonly #h0: number
  readonly #h1: number

  constructor(seed: number, stream: string, index: number) {
    this.#k0 = seed | 0
    this.#k1 = Math.floor(seed / 0x100000000) | 0
    this.#index = index | 0
    this.#h0 = hash(stream, 0x811c9dc5 | 0)
    this.#h1 = hash(stream, 0x5bd1e995)
  }

  next(): Uint32Array {
    philox(this.#block++, this.#index, this.#h0, this.#h1, this.#k0, this.#k1, this.words)
    return this.words
  }
}

/**
 * Fills `out` with uniform values on [low, high).
 * @param stream what the numbers are for, e.g. `eps`; @param index which of its draws, e.g. the step.
 */
export function fillUniform(out: Float32Array, seed: number, stream: string, index: number, low = 0, high = 1): Float32Array {
  const blocks = new Blocks(seed, stream, index)
  const width = high - low
  for (let i = 0; i < out.length; i += 4) {
    const words = blocks.next()
    // 24 bits, the precision of a float32: the value 1 cannot come up by rounding.
    for (let j = 0; j < 4 && i + j < out.length; j++) out[i + j] = low + width * ((words[j]! >>> 8) * 2 ** -24)
  }
  return out
}

/** Fills `out` with normal values of mean 0 and deviation 1 (Box & Muller 1958). */
export function fillNormal(out: Float32Array, seed: number, stream: string, index: number): Float32Array {
  const blocks = new Blocks(seed, stream, index)
  for (let i = 0; i < out.length; i += 4) {
    const words = blocks.next()
    for (let j = 0; j < 4 && i + j < out.length; j += 2) {
      // (0, 1]: the logarithm of 0 cannot come up.
      const radius = Math.sqrt(-2 * Math.log((words[j]! + 1) * 2 ** -32))
      const angle = 2 * Math.PI * (words[j + 1]! * 2 ** -32)
      out[i + j] = radius * Math.cos(angle)
      if (i + j + 1 < out.length) out[i + j + 1] = radius * Math.sin(angle)
    }
  }
  return out
}

interface Noise {
  shape: number[]
  distribution: 'normal' | 'uniform'
}

/** Fills `out` with a declared noise, whose shape it has; `uniform` is on [0, 1). */
export function fillNoise(out: Float32Array, { distribution }: Noise, seed: number, stream: string, index: number): Float32Array {
  return distribution === 'normal' ? fillNormal(out, seed, stream, index) : fillUniform(out, seed, stream, index)
}

/** The same in a new array. */
export function drawNoise(noise: Noise, seed: number, stream: string, index: number): Float32Array {
  return fillNoise(new Float32Array(noise.shape.reduce((size, side) => size * side, 1)), noise, seed, stream, index)
}

/** The order of `n` items in an epoch: 0 … n − 1, each once (Fisher & Yates; unbiased bounds after Lemire 2019). */
export function permutation(seed: number, epoch: number, n: number, stream = 'order'): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  const blocks = new Blocks(seed, stream, epoch)
  let words = blocks.next()
  let used = 0
  const word = (): number => {
    if (used === 4) {
      words = blocks.next()
      used = 0
    }
    return words[used++]!
  }
  for (let i = n - 1; i > 0; i--) {
    const bound = i + 1
    const threshold = 0x100000000 % bound
    let draw = word()
    while (Math.imul(draw, bound) >>> 0 < threshold) draw = word()
    const j = multiplyHigh(draw, bound) >>> 0
    const other = order[j]!
    order[j] = order[i]!
    order[i] = other
  }
  return order
}

/** A parameter's first values: a function of (seed, network, its name), whatever else the network holds. */
export function initialValues(parameter: Parameter, seed: number, network: string): Float32Array {
  const out = new Float32Array(parameter.shape.reduce((size, side) => size * side, 1))
  const stream = `initial/${network}/${parameter.name}`
  const { initial } = parameter
  switch (initial.kind) {
    case 'zeros':
      return out
    case 'ones':
      return out.fill(1)
    case 'uniform':
      return fillUniform(out, seed, stream, 0, -initial.limit, initial.limit)
    case 'normal':
      fillNormal(out, seed, stream, 0)
      for (let i = 0; i < out.length; i++) out[i]! *= initial.deviation
      return out
    case 'blocks': {
      const size = out.length / initial.values.length
      initial.values.forEach((value, i) => out.fill(value, i * size, (i + 1) * size))
      return out
    }
  }
}
