/** How good a model's pictures and latents are, each number beside that of real pictures: see `Quality` in the contract. */
import type { Prior } from '../../contract/prior'
import type { Quality, Scores, Space } from '../../contract/quality'
import { divergence, shares, type Tagged } from '../../nn/metrics/classes'
import { CLASSIFIER } from '../../nn/metrics/classifier'
import { frechetFrom, momentsOf } from '../../nn/metrics/frechet'
import { pixelFeatures } from '../../nn/metrics/pixels'
import { ballsOf, NEIGHBOURS, prdc } from '../../nn/metrics/prdc'
import { linearProbe, neighbourProbe, type Labelled } from '../../nn/metrics/probe'
import { randomFeatures, RANDOM_FEATURES, type Features } from '../../nn/metrics/random-features'
import { rowsOf, type Breathe, type Rows } from '../../nn/metrics/rows'
import { chunkSize, encode, latentSize } from '../abilities'
import { range, type PictureItems } from '../items'
import type { PictureModel } from '../model'
import { classifierOf, taggedOf, type TagClassifier } from './classifier'
import { ASKED, nearestItems, SHOWN } from './copies'
import type { CallContext } from './latents'
import { choose, collapsed, itemsAt, madeBy, repeatedOf, type Chosen, type PictureSet } from './picture-sets'
import type { DrawLatents } from './prior'

type SpaceName = Space['id']
/** The same pictures in every space. */
type Ways = Partial<Record<SpaceName, Rows>>
type Sets<T> = Record<'reference' | 'real', T> & Partial<Record<'made' | 'fitted' | 'collapse', T>>

/** What takes how long, about, for the progress. */
const PARTS = { classifier: 20, prior: 10, features: 30, spaces: 30, nearest: 15, latents: 5 }

export interface QualityOptions {
  count: number
  /** Sample i is a function of the prior, this and i. */
  seed: number
  /** Absent: the model's own alone. */
  prior?: Prior
  latentsFrom: DrawLatents
}

/**
 * `folder` is the version's. Null where there are too few items to compare with. `pictures`: the samples that `nearest` is about,
 * u8, one after the other. Throws `ability-missing` where a fitted prior is asked of a model that does not encode.
 */
export async function measureQuality(
  model: PictureModel,
  items: PictureItems,
  folder: string,
  { count, seed, prior, latentsFrom }: QualityOptions,
  context: CallContext,
): Promise<{ quality: Quality | null; pictures: Uint8Array }> {
  const chosen = choose(items.pack, count)
  const n = chosen.reference.length
  if (n <= NEIGHBOURS) return { quality: null, pictures: new Uint8Array(0) }
  const part = createParts(context)
  const drawnFrom = async (from: Prior) => madeBy(model, items, await latentsFrom(from, n, seed, part('prior')), seed)
  const draws = model.recipe.abilities.includes('generate') && model.built.abilities.decode !== undefined
  const classifier = await classifierOf(items, folder, part('classifier'))
  const spaces: Partial<Record<SpaceName, Features>> = {
    [RANDOM_FEATURES]: randomFeatures(items.data),
    ...(classifier ? { [CLASSIFIER]: { of: classifier.features, dispose: classifier.dispose } } : {}),
    pixels: pixelFeatures(items.data),
  }
  try {
    const sets: Sets<PictureSet> = {
      reference: itemsAt(items, chosen.reference),
      real: itemsAt(items, chosen.real),
      ...(draws ? { made: await drawnFrom('standard'), collapse: collapsed(items, chosen.reference) } : {}),
      ...(draws && prior === 'fitted' ? { fitted: await drawnFrom('fitted') } : {}),
    }
    const ways = await featuresOf(sets, spaces, chunkSize(model), part('features'))
    return {
      quality: {
        formatVersion: 1,
        settings: { count: n, k: NEIGHBOURS, seed, real: chosen.kind, repeated: repeatedOf(n) },
        spaces: await compare(ways, part('spaces')),
        classifier: classifier && about(classifier, items),
        kinds: classifier && ways.made ? await kindsOf(items, classifier, ways, ways.made) : null,
        nearest: await copiesOf(items, spaces, ways.made, part('nearest')),
        latents: await knowledgeOf(model, items, chosen, ways, part('latents').breathe),
      },
      pictures: sets.made ? await sets.made.pictures(0, Math.min(SHOWN, n)) : new Uint8Array(0),
    }
  } finally {
    for (const space of Object.values(spaces)) space.dispose()
  }
}

/** Each part's own progress as a share of the whole. */
function createParts({ breathe, progress }: CallContext): (name: keyof typeof PARTS) => CallContext {
  const all = Object.values(PARTS).reduce((sum, one) => sum + one, 0)
  return (name) => {
    const names = Object.keys(PARTS) as (keyof typeof PARTS)[]
    const before = names.slice(0, names.indexOf(name)).reduce((sum, one) => sum + PARTS[one], 0)
    return { breathe, progress: (done, total) => progress(before + (PARTS[name] * done) / total, all) }
  }
}

async function featuresOf(
  sets: Sets<PictureSet>,
  spaces: Partial<Record<SpaceName, Features>>,
  chunk: number,
  { breathe, progress }: CallContext,
): Promise<Sets<Ways>> {
  const all = Object.values(sets).reduce((sum, { count }) => sum + count, 0)
  let done = 0
  const out: Partial<Sets<Ways>> = {}
  for (const [name, set] of Object.entries(sets) as [keyof Sets<Ways>, PictureSet][]) {
    const ways: Ways = {}
    for (let from = 0; from < set.count; from += chunk) {
      const to = Math.min(set.count, from + chunk)
      const pictures = await set.pictures(from, to)
      for (const [space, features] of Object.entries(spaces) as [SpaceName, Features][]) {
        const { values, size } = await features.of(pictures, breathe)
        ways[space] ??= rowsOf(new Float32Array(set.count * size), size)
        ways[space].values.set(values, from * size)
      }
      done += to - from
      progress(done, all)
      await breathe()
    }
    out[name] = ways
  }
  return out as Sets<Ways>
}

async function compare(
  { reference, real, made, fitted, collapse }: Sets<Ways>,
  { breathe, progress }: CallContext,
): Promise<Space[]> {
  if (!made || !collapse) return []
  const spaces: Space[] = []
  const names = Object.keys(reference) as SpaceName[]
  for (const [i, id] of names.entries()) {
    const balls = await ballsOf(reference[id]!, NEIGHBOURS, breathe)
    const distance = frechetFrom(await momentsOf(reference[id]!, breathe))
    let done = 0
    const against = async (rows: Rows): Promise<Scores> => {
      const frechet = await distance(await momentsOf(rows, breathe), breathe)
      const scores = { frechet, ...(await prdc(balls, await ballsOf(rows, NEIGHBOURS, breathe), breathe)) }
      progress(i + ++done / (fitted ? 4 : 3), names.length)
      return scores
    }
    const size = reference[id]!.size
    spaces.push({
      id,
      size,
      made: await against(made[id]!),
      ...(fitted ? { fitted: await against(fitted[id]!) } : {}),
      real: await against(real[id]!),
      collapse: await against(collapse[id]!),
    })
  }
  return spaces
}

function about({ steps, exclusive, accuracy }: TagClassifier, items: PictureItems): Quality['classifier'] {
  return { id: CLASSIFIER, steps, tags: items.pack.tags, exclusive, accuracy }
}

async function kindsOf(
  items: PictureItems,
  classifier: TagClassifier,
  { real, fitted }: Sets<Ways>,
  made: Ways,
): Promise<Quality['kinds']> {
  const data = shares(taggedOf(items, range(0, items.pack.train)))
  const kinds = async (rows: Rows) => {
    const answers: Tagged = { has: await classifier.answers(rows), count: rows.count, tags: data.length }
    const own = shares(answers)
    return {
      shares: own,
      hit: own.filter((share) => share > 0).length,
      divergence: divergence(own, data, classifier.exclusive),
    }
  }
  return {
    data,
    made: await kinds(made[CLASSIFIER]!),
    ...(fitted ? { fitted: await kinds(fitted[CLASSIFIER]!) } : {}),
    real: await kinds(real[CLASSIFIER]!),
  }
}

/** Beside held-out items, however few: others would find themselves. */
async function copiesOf(
  items: PictureItems,
  spaces: Partial<Record<SpaceName, Features>>,
  made: Ways | undefined,
  context: CallContext,
): Promise<Quality['nearest']> {
  if (!made) return null
  const ways = { pixels: spaces.pixels!, features: spaces[RANDOM_FEATURES]! }
  const { items: all, train } = items.pack
  const others = async (features: Features) =>
    features.of(items.bytes(range(train, Math.min(all, train + ASKED))), context.breathe)
  const real = all > train ? { pixels: await others(ways.pixels), features: await others(ways.features) } : null
  const drawn = { pixels: made.pixels!, features: made[RANDOM_FEATURES]! }
  return nearestItems(items, ways, drawn, real, context)
}

async function knowledgeOf(
  model: PictureModel,
  items: PictureItems,
  { reference, real }: Chosen,
  ways: Sets<Ways>,
  breathe: Breathe,
): Promise<Quality['latents']> {
  if (!model.built.abilities.encode || items.pack.tags.length === 0) return null
  const latents = async (positions: number[]): Promise<Rows> => {
    const size = latentSize(model)
    const out = rowsOf(new Float32Array(positions.length * size), size)
    const step = chunkSize(model)
    for (let from = 0; from < positions.length; from += step) {
      out.values.set(await encode(model, items.bytes(positions.slice(from, from + step))), from * size)
      await breathe()
    }
    return out
  }
  const [learned, tested] = [taggedOf(items, reference), taggedOf(items, real)]
  const know = async (from: Rows, to: Rows) => {
    const [train, test]: Labelled[] = [
      { rows: from, tags: learned },
      { rows: to, tags: tested },
    ]
    return {
      linear: await linearProbe(train!, test!, breathe),
      neighbours: await neighbourProbe(train!, test!, NEIGHBOURS, breathe),
    }
  }
  return {
    tags: items.pack.tags,
    latents: await know(await latents(reference), await latents(real)),
    pixels: await know(ways.reference.pixels!, ways.real.pixels!),
  }
}
