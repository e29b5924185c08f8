/**
 * Whether a model that is told a class makes pictures of it, for `scripts/proof-conditional.mjs`: a classifier that was trained on the
 * version's real pictures judges made ones, and held-out real ones beside them.
 *
 *     conditional-measures.js ABOUT
 *
 * ABOUT is a JSON file, see `About`. Prints one line of JSON.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import type { EngineChoice } from '../../src/contract/trainer'
import { startEngine } from '../../src/trainer/engine'
import { heldOut, openPictures } from '../../src/trainer/items'
import { classifierOf } from '../../src/trainer/serve/classifier'

interface About {
  engine: EngineChoice
  /** A frozen version's folder; each of its items has one tag. */
  version: string
  /** By tag: a folder of made pictures, of the version's size. */
  made: Record<string, string>
  /** Pictures of each tag that are judged. */
  count: number
}

const about = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as About
await startEngine(about.engine)
const items = openPictures(about.version)
const { height, width, channels, tags } = items.data
const breathe = async (): Promise<void> => {}
const classifier = await classifierOf(items, about.version, { breathe, progress: () => {} })
if (!classifier?.exclusive) throw new Error('the items do not have one tag each')

/** How many of these pictures, u8, are taken for each tag. */
async function takenFor(pictures: Uint8Array): Promise<number[]> {
  const answers = await classifier!.answers(await classifier!.features(pictures, breathe))
  return tags.map((_, tag) => answers.reduce((sum, one, i) => sum + (i % tags.length === tag ? one : 0), 0))
}

async function read(folder: string): Promise<Uint8Array> {
  const files = readdirSync(folder).sort().slice(0, about.count)
  const pictures = files.map(async (file) => {
    const picture = sharp(join(folder, file))
    const { data, info } = await (channels === 1 ? picture.toColourspace('b-w') : picture)
      .raw()
      .toBuffer({ resolveWithObject: true })
    if (info.height !== height || info.width !== width || info.channels !== channels) throw new Error(`${file} has another shape`)
    return data
  })
  return Buffer.concat(await Promise.all(pictures))
}

const test = heldOut(items.pack)
const has = items.tags(test)
const classes = []
for (const [tag, folder] of Object.entries(about.made)) {
  const column = tags.indexOf(tag)
  const own = test.filter((_, i) => has[i * tags.length + column] === 1).slice(0, about.count)
  const [real, made] = [await takenFor(items.bytes(own)), await takenFor(await read(folder))]
  const share = (taken: number[]): number => taken[column]! / taken.reduce((sum, one) => sum + one, 0)
  const others = made.map((taken, i) => (i === column ? -1 : taken))
  const most = others.indexOf(Math.max(...others))
  classes.push({
    tag,
    real: share(real),
    realCount: own.length,
    made: share(made),
    mistakenFor: others[most]! > 0 ? { tag: tags[most], share: others[most]! / about.count } : null,
  })
}
console.log(JSON.stringify({ classifier: { steps: classifier.steps, accuracy: classifier.accuracy }, classes }))
