/**
 * Trained VAE, GAN and VAE-GAN beside each other, for `scripts/proof-vae-gan.mjs`: how sharp, how near to the data, how faithful, and
 * whether a tag's direction does what it says (Larsen et al. 2015, §4.2).
 *
 *     vae-gan-measures.js ABOUT
 *
 * ABOUT is a JSON file, see `About`. Prints a line of JSON a row.
 */
import { readFileSync } from 'node:fs'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import type { EngineChoice } from '../../src/contract/trainer'
import { tagDirections } from '../../src/main/explore/directions'
import { invert } from '../../src/nn/latent/inversion'
import { createClassifier, trainClassifier, type Classifier } from '../../src/nn/metrics/classifier'
import { frechetFrom, momentsOf } from '../../src/nn/metrics/frechet'
import { randomFeatures } from '../../src/nn/metrics/random-features'
import { pick, rowsOf } from '../../src/nn/metrics/rows'
import { tensor } from '../../src/nn/ops'
import { recipeById } from '../../src/recipes/index'
import { decode, drawPrior, encode, latentSize } from '../../src/trainer/abilities'
import { readCheckpoint } from '../../src/trainer/checkpoint'
import { startEngine } from '../../src/trainer/engine'
import { heldOut, openPictures } from '../../src/trainer/items'
import { buildModel, type PictureModel } from '../../src/trainer/model'

interface About {
  engine: EngineChoice
  /** A frozen version's folder. */
  version: string
  /** Each row's newest checkpoint. */
  rows: { name: string; recipe: string; checkpoint: string }[]
  /** Pictures drawn from the prior, and held-out ones that are redrawn. */
  made: number
  redrawn: number
  tags: string[]
}

const about = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as About
const { engine } = about
await startEngine(engine)
const items = openPictures(about.version)
const { height, width, channels, tags: names } = items.data
const each = height * width * channels
const breathe = async (): Promise<void> => {}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const say = (row: object): void => console.log(JSON.stringify(row))
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

/** Mean length of the brightness's slope between neighbouring pixels of u8 pictures, on [0, 1]: blurred pictures have less. */
function gradientEnergy(pictures: Uint8Array): number {
  const count = pictures.length / each
  const grey = new Float32Array(height * width)
  let sum = 0
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < grey.length; i++) {
      let all = 0
      for (let c = 0; c < channels; c++) all += pictures[n * each + i * channels + c]!
      grey[i] = all / channels / 255
    }
    for (let y = 0; y + 1 < height; y++)
      for (let x = 0; x + 1 < width; x++) {
        const at = y * width + x
        sum += Math.hypot(grey[at + 1]! - grey[at]!, grey[at + width]! - grey[at]!)
      }
  }
  return sum / (count * (height - 1) * (width - 1))
}

const meanSquare = (a: Uint8Array, b: Uint8Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i]! - b[i]!) / 255) ** 2
  return sum / a.length
}

const test = heldOut(items.pack)
const asked = about.tags.map((tag) => names.indexOf(tag)).filter((column) => column >= 0)
const hasOf = (answers: Uint8Array, tag: number): Uint8Array =>
  Uint8Array.from({ length: answers.length / names.length }, (_, i) => answers[i * names.length + tag]!)

const about2 = { shape: { height, width, channels }, tags: names.length, exclusive: false }
const classifier: Classifier = createClassifier(about2)
const labelled = { count: items.pack.train, pictures: (at: ArrayLike<number>) => items.bytes(at), tags: items.tags }
await trainClassifier(classifier, about2, labelled, { breathe })
const answersTo = async (pictures: Uint8Array): Promise<Uint8Array> =>
  classifier.answers(await classifier.features(pictures, breathe))

const seen = randomFeatures({ height, width, channels })
const featuresOf = (pictures: Uint8Array) => seen.of(pictures, breathe)
const count = Math.min(about.made, items.pack.train)
const realRows = await featuresOf(items.bytes(range(0, count)))
const distance = frechetFrom(await momentsOf(realRows, breathe))
const distanceOf = async (pictures: Uint8Array): Promise<number> =>
  distance(await momentsOf(await featuresOf(pictures), breathe), breathe)

const originals = items.bytes(test.slice(0, about.redrawn))
const realEnergy = gradientEnergy(items.bytes(test))

/** Of the pictures without a tag, how many have it after a move along it; and of their other tags, how many stay as they were. */
async function agreement(
  model: PictureModel,
  known: Float32Array,
  has: Uint8Array,
  from: Float32Array,
): Promise<Record<string, object | null>> {
  const size = latentSize(model)
  const before = await answersTo(await decode(model, from))
  const rows = rowsOf(from, size)
  const directions = await tagDirections(known, size, has, names)
  const out: Record<string, object | null> = {}
  for (const tag of asked) {
    const found = directions.find((one) => one.tag === names[tag])
    const without = range(0, rows.count).filter((i) => before[i * names.length + tag] === 0)
    if (!found || without.length === 0) {
      out[names[tag]!] = null
      continue
    }
    const distance = apart(known, hasOf(has, tag), found.vector)
    const moved = pick(rows, without).values
    for (let i = 0; i < moved.length; i++) moved[i]! += found.vector[i % size]! * distance
    const after = await answersTo(await decode(model, moved))
    const others = asked.filter((other) => other !== tag)
    out[names[tag]!] = {
      reached: mean(without.map((_, i) => after[i * names.length + tag]!)),
      others: mean(
        without.flatMap((at, i) =>
          others.map((other) => Number(after[i * names.length + other] === before[at * names.length + other])),
        ),
      ),
    }
  }
  return out
}

/** How far along a direction the middle of those with a tag is from that of those without: the length of Larsen's attribute vector. */
function apart(latents: Float32Array, has: Uint8Array, vector: number[]): number {
  const middles = [0, 1].map((value) =>
    mean(
      [...has.keys()]
        .filter((i) => has[i] === value)
        .map((i) => vector.reduce((sum, v, j) => sum + v * latents[i * vector.length + j]!, 0)),
    ),
  )
  return middles[1]! - middles[0]!
}

const right = await answersTo(items.bytes(test))
const truth = items.tags(test)
const balanced = (tag: number): number => {
  const groups = [0, 1].map((value) => test.map((_, i) => i).filter((i) => truth[i * names.length + tag] === value))
  return mean(groups.map((group, value) => mean(group.map((i) => Number(right[i * names.length + tag] === value)))))
}
// As many real pictures against others, as the made ones are measured: what is left is chance.
const others = range(Math.max(0, items.pack.train - count), items.pack.train)
say({
  name: 'real',
  energy: 1,
  distance: await distanceOf(items.bytes(others)),
  tags: Object.fromEntries(asked.map((tag) => [names[tag]!, { accuracy: balanced(tag) }])),
})

for (const { name, recipe, checkpoint } of about.rows) {
  const { manifest, tensors } = readCheckpoint(checkpoint)
  const model = buildModel(recipeById(recipe), { settings: manifest.settings, seed: manifest.seed }, items.data, tensors)
  const { abilities, prior = model.recipe.prior } = model.built
  const latents = drawPrior(model, count, 1)
  const drawn = await decode(model, latents)
  const encodes = Boolean(abilities.encode)
  const began = performance.now()
  const x = tensor(
    Float32Array.from(originals, (value) => value / 255),
    [originals.length / each, height, width, channels],
  )
  const found = encodes
    ? await encode(model, originals)
    : (await invert((z) => abilities.decode!(model.shown, z), x as Tensor4D, { latentSize: latentSize(model), prior })).latents
  const seconds = (performance.now() - began) / 1000
  x.dispose()
  const redrawn = await decode(model, found)
  const training = items.bytes(range(0, items.pack.train))
  const [known, has] = encodes
    ? [await encode(model, training), Uint8Array.from(items.tags(range(0, items.pack.train)))]
    : [latents, await answersTo(drawn)]
  say({
    name,
    recipe,
    step: manifest.step,
    energy: gradientEnergy(drawn) / realEnergy,
    distance: await distanceOf(drawn),
    redrawing: {
      by: encodes ? 'encoder' : 'inversion',
      mse: meanSquare(originals, redrawn),
      energy: gradientEnergy(redrawn) / gradientEnergy(originals),
      distance: meanSquareOf(await featuresOf(originals), await featuresOf(redrawn)),
      seconds,
    },
    tags: await agreement(model, known, has, drawPrior(model, count, 2)),
  })
}

/** Per picture and feature. */
function meanSquareOf(a: { values: Float32Array }, b: { values: Float32Array }): number {
  return mean(a.values.map((value, i) => (value - b.values[i]!) ** 2))
}
