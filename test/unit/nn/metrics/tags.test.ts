import '../../../support/backend'
import { beforeAll, describe, expect, it } from 'vitest'
import { balancedAccuracy, divergence, shares } from '../../../../src/nn/metrics/classes'
import { createClassifier, trainClassifier } from '../../../../src/nn/metrics/classifier'
import { linearProbe, neighbourProbe, type Labelled } from '../../../../src/nn/metrics/probe'
import { rowsOf } from '../../../../src/nn/metrics/rows'
import { memory } from '../../../../src/nn/ops'
import { fillNormal } from '../../../../src/nn/random'
import { startEngine } from '../../engines/start'

const breathe = async () => {}
// The plain backend would take minutes for convolutions.
beforeAll(() => startEngine('wasm'))

describe('shares and their divergence', () => {
  it('of one kind each is the KL of two histograms', () => {
    const tagged = { has: Uint8Array.of(1, 0, 1, 0, 0, 1, 1, 0), count: 4, tags: 2 }
    expect(shares(tagged)).toEqual([0.75, 0.25])
    expect(divergence([0.75, 0.25], [0.5, 0.5], true)).toBeCloseTo(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), 12)
    // One kind of ten: log 10.
    expect(divergence([1, ...Array<number>(9).fill(0)], Array<number>(10).fill(0.1), true)).toBeCloseTo(Math.log(10), 12)
    expect(divergence([0.3, 0.7], [0.3, 0.7], true)).toBe(0)
  })

  it('of independent tags is the mean over those that tell items apart', () => {
    const yes = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75)
    expect(divergence([0.5, 0.2, 0.9], [0.25, 0.2, 1], false)).toBeCloseTo(yes / 2, 12)
  })
})

it('balanced accuracy takes both answers for as much', () => {
  const truth = { has: Uint8Array.of(1, 0, 0, 0), count: 4, tags: 1 }
  expect(balancedAccuracy({ ...truth, has: Uint8Array.of(0, 0, 0, 0) }, truth, 1)).toEqual([0.5])
  expect(balancedAccuracy({ ...truth, has: Uint8Array.of(1, 1, 0, 0) }, truth, 1)).toEqual([(1 + 2 / 3) / 2])
  expect(balancedAccuracy(truth, truth, 2)).toEqual([null])
})

describe('probes of latents', () => {
  /** The first tag is on one side of a plane, the second within a ring, the third of nothing, the fourth of almost no item. */
  function latents(count: number, stream: string): Labelled {
    const rows = rowsOf(fillNormal(new Float32Array(count * 3), 1, stream, 0), 3)
    const has = new Uint8Array(count * 4)
    for (let i = 0; i < count; i++) {
      const [x, y, z] = rows.values.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number]
      has.set([Number(x + y > 1), Number(Math.hypot(x, y, z) < 1), i % 2, Number(i === 7)], 4 * i)
    }
    return { rows, tags: { has, count, tags: 4 } }
  }

  it('find what is there, and nothing where there is nothing', async () => {
    const tensors = memory().numTensors
    const [train, test] = [latents(600, 'train'), latents(300, 'test')]
    const linear = await linearProbe(train, test, breathe)
    expect(linear[0]).toBeGreaterThan(0.95)
    expect(linear[1]).toBeLessThan(0.65)
    expect(linear[2]).toBeLessThan(0.6)
    expect(linear[3]).toBeNull()
    const neighbours = await neighbourProbe(train, test, 5, breathe)
    expect(neighbours[0]).toBeGreaterThan(0.85)
    // No plane cuts out a ball, but neighbours know it.
    expect(neighbours[1]).toBeGreaterThan(0.8)
    expect(neighbours[2]).toBeLessThan(0.6)
    expect(neighbours[3]).toBeNull()
    expect(memory().numTensors).toBe(tensors)
  })
})

it.each([
  ['one kind each', true],
  ['tags of their own', false],
])('the classifier learns on the spot: %s', async (_, exclusive) => {
  const shape = { height: 4, width: 4, channels: 1 }
  const options = { shape, tags: 2, exclusive }
  const levels = [20, 240, 130]
  const pictures = (positions: ArrayLike<number>) =>
    Uint8Array.from(Array.from(positions).flatMap((i) => Array<number>(16).fill(levels[i % 3]! + (i % 7))))
  const tags = (positions: ArrayLike<number>) =>
    Float32Array.from(Array.from(positions).flatMap((i) => [Number(i % 3 === 1), Number(exclusive ? i % 3 !== 1 : i % 3 > 0)]))
  const tensors = memory().numTensors
  const classifier = createClassifier(options)
  let told = 0
  const data = { count: 3, pictures, tags }
  const steps = await trainClassifier(classifier, options, data, { breathe, onStep: (done, of) => (told = done / of) })
  expect(steps).toBe(40)
  expect(told).toBe(1)
  const asked = [3, 4, 5, 6, 7, 8]
  const features = await classifier.features(pictures(asked), breathe)
  expect([features.count, features.size]).toEqual([6, 128])
  expect(Array.from(await classifier.answers(features))).toEqual(Array.from(tags(asked)))
  classifier.dispose()
  expect(memory().numTensors).toBe(tensors)
})
