/** Built-in sample data sets: drawn by our own code, the same for the same seed on every machine. Nothing is fetched. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Survey } from '../importers/survey'
import { writeTagList } from '../importers/tag-list'
import { encodePng } from '../png'
import type { PlainPicture } from '../png'
import { describeFace, drawFace } from './cartoon-faces'
import type { Language } from './sentences'

interface Drawing {
  picture: PlainPicture
  tags: string[]
}

interface Sample {
  title: string
  /** File names begin with it. */
  item: string
  /** The picture with this number: a function of (seed, number) alone. */
  draw(seed: number, number: number): Drawing
  /** What it shows, in a sentence. */
  describe(seed: number, number: number, tags: readonly string[], language: Language): string
}

export type SampleName = 'cartoon-faces'
export const samples: Record<SampleName, Sample> = {
  'cartoon-faces': { title: 'Cartoon faces', item: 'face', draw: drawFace, describe: describeFace },
}

export interface SampleSize {
  count: number
  seed: number
}

function* drawings(name: SampleName, { count, seed }: SampleSize): Generator<Drawing & { file: string }> {
  const { item, draw } = samples[name]
  const digits = Math.max(4, String(count).length)
  for (let n = 0; n < count; n++) yield { file: `${item}-${String(n + 1).padStart(digits, '0')}.png`, ...draw(seed, n) }
}

/** A sample as something to import, without files in between. */
export function drawSample(name: SampleName, size: SampleSize): Survey {
  return {
    kind: 'images',
    read: [],
    total: size.count,
    ignored: 0,
    close() {},
    async *offers() {
      for (const { file, picture, tags } of drawings(name, size)) yield { name: file, tags, split: null, content: picture }
    },
  }
}

/**
 * Writes a sample as PNG files and a `tags.csv` into a folder, made when missing; with a language also a `captions.csv`, a sentence
 * a picture. Returns the number of pictures.
 */
export async function writeSample(name: SampleName, folder: string, size: SampleSize, captions?: Language): Promise<number> {
  await mkdir(folder, { recursive: true })
  const lists: { file: string; tags: string[] }[] = []
  const sentences = [{ file: 'file', tags: ['caption'] }]
  for (const { file, picture, tags } of drawings(name, size)) {
    await writeFile(join(folder, file), encodePng(picture))
    if (captions) sentences.push({ file, tags: [samples[name].describe(size.seed, lists.length, tags, captions)] })
    lists.push({ file, tags })
  }
  await writeFile(join(folder, 'tags.csv'), writeTagList(lists))
  if (captions) await writeFile(join(folder, 'captions.csv'), writeTagList(sentences))
  return lists.length
}
