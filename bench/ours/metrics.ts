/** The metrics on sets whose scores are known, one JSON object a line: `metrics.js ENGINE.json [VERSION…]`; see `scripts/proof-metrics.mjs`. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import type { Scores } from '../../src/contract/quality'
import type { EngineChoice } from '../../src/contract/trainer'
import { CLASSIFIER } from '../../src/nn/metrics/classifier'
import { frechetFrom, momentsOf } from '../../src/nn/metrics/frechet'
import { pixelFeatures } from '../../src/nn/metrics/pixels'
import { ballsOf, NEIGHBOURS, prdc } from '../../src/nn/metrics/prdc'
import { randomFeatures, RANDOM_FEATURES, type Features } from '../../src/nn/metrics/random-features'
import { meanOf, rowsOf, type Rows } from '../../src/nn/metrics/rows'
import { matMul, mul, tensor, tidy } from '../../src/nn/ops'
import { fillNormal } from '../../src/nn/random'
import { startEngine } from '../../src/trainer/engine'
import { openPictures, type PictureItems } from '../../src/trainer/items'
import { toBytes, toFloats } from '../../src/trainer/pixels'
import { classifierOf } from '../../src/trainer/serve/classifier'
import { choose, collapsed, itemsAt, type PictureSet } from '../../src/trainer/serve/picture-sets'

const breathe = async () => {}
const quiet = { breathe, progress: () => {} }
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const normal = (count: number, size: number, index: number) =>
  rowsOf(fillNormal(new Float32Array(count * size), 0, 'proof', index), size)

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now()
  const result = await work()
  return [result, (performance.now() - began) / 1000]
}

/** The check of Naeem et al.'s own program, on three pairs and both ways round: in so many dimensions a density is hardly twice the same. */
async function normals(): Promise<void> {
  for (let pair = 0; pair < 3; pair++) {
    const [a, b] = [
      await ballsOf(normal(10_000, 1000, 2 * pair), NEIGHBOURS, breathe),
      await ballsOf(normal(10_000, 1000, 2 * pair + 1), NEIGHBOURS, breathe),
    ]
    for (const sides of [
      [a, b],
      [b, a],
    ] as const) {
      const [scores, seconds] = await timed(() => prdc(...sides, breathe))
      tell({ set: 'N(0, I), 1,000 dimensions, 10,000 v 10,000', space: '–', ...scores, seconds })
    }
  }
}

/** x ~ N(0, I) in 256 dimensions against 2x + 1 on every other: Σ (μ² + (2 − 1)²). */
async function gaussians(): Promise<void> {
  const size = 256
  const [a, b] = [normal(50_000, size, 10), normal(50_000, size, 11)]
  for (let i = 0; i < b.values.length; i += 2) b.values[i] = 2 * b.values[i]! + 1
  const [frechet, seconds] = await timed(async () =>
    frechetFrom(await momentsOf(a, breathe))(await momentsOf(b, breathe), breathe),
  )
  tell({ set: 'two Gaussians, 256 dimensions', space: '–', frechet, expected: size, seconds })
}

/** Each picture x + deviation·ε, cut off at black and white. */
function noisy(set: PictureSet, each: number, deviation: number): PictureSet {
  return {
    count: set.count,
    async pictures(from, to) {
      const pictures = toFloats(await set.pictures(from, to))
      for (let i = from; i < to; i++)
        fillNormal(new Float32Array(each), 0, 'noise', i).forEach(
          (value, j) => (pictures[(i - from) * each + j]! += deviation * value),
        )
      return toBytes(pictures)
    },
  }
}

/** As many from the Gaussian with the mean and the covariance of these items, cut off at black and white. */
async function gaussianOf(items: PictureItems, positions: readonly number[]): Promise<PictureSet> {
  const { each } = items
  const rows = rowsOf(items.floats(positions), each)
  const { count, values } = rows
  const mean = meanOf(rows)
  for (let i = 0; i < values.length; i++) values[i]! -= mean[i % each]!
  const drawn = tidy(() => {
    const weights = tensor(normal(count, count, 12).values, [count, count]) as Tensor2D
    return mul(matMul(weights, tensor(values, [count, each]) as Tensor2D), 1 / Math.sqrt(count - 1))
  })
  const pictures = toBytes(((await drawn.data()) as Float32Array).map((value, i) => value + mean[i % each]!))
  drawn.dispose()
  return { count, pictures: (from, to) => pictures.subarray(from * each, to * each) }
}

async function pictures(version: string): Promise<void> {
  const items = openPictures(version)
  const { reference, real } = choose(items.pack, 5000)
  const [classifier, training] = await timed(() => classifierOf(items, version, quiet))
  tell({ data: basename(version), classifier: { steps: classifier!.steps, accuracy: classifier!.accuracy }, seconds: training })
  const spaces: Record<string, Features> = {
    pixels: pixelFeatures(items.data),
    [RANDOM_FEATURES]: randomFeatures(items.data),
    [CLASSIFIER]: { of: classifier!.features, dispose: classifier!.dispose },
  }
  const sets: Record<string, PictureSet> = {
    real: itemsAt(items, real),
    gaussian: await gaussianOf(items, reference),
    collapse: collapsed(items, reference),
    noise: noisy(itemsAt(items, real), items.each, 0.2),
  }
  for (const [space, features] of Object.entries(spaces)) {
    const rows = async (set: PictureSet): Promise<Rows> => features.of(await set.pictures(0, set.count), breathe)
    const of = await rows(itemsAt(items, reference))
    const balls = await ballsOf(of, NEIGHBOURS, breathe)
    const distance = frechetFrom(await momentsOf(of, breathe))
    for (const [set, shown] of Object.entries(sets)) {
      const [scores, seconds] = await timed(async (): Promise<Scores> => {
        const made = await rows(shown)
        const frechet = await distance(await momentsOf(made, breathe), breathe)
        return { frechet, ...(await prdc(balls, await ballsOf(made, NEIGHBOURS, breathe), breathe)) }
      })
      tell({ data: basename(version), space, set, ...scores, seconds })
    }
    features.dispose()
  }
  items.close()
}

const [engine, ...versions] = process.argv.slice(2)
await startEngine(JSON.parse(readFileSync(engine!, 'utf8')) as EngineChoice)
await normals()
await gaussians()
for (const version of versions) await pictures(version)
process.exit(0)
