/** Built-in sample data sets: drawn by our own code, the same for the same seed on every machine. Nothing is fetched. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Survey } from '../importers/survey'
import { writeTagList } from '../importers/tag-list'
import { encodePng } from '../png'
import type { PlainPicture } from '../png'
import { drawFace } from './cartoon-faces'

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
}

export type SampleName = 'cartoon-faces'
export const samples: Record<SampleName, Sample> = {
  'cartoon-faces': { title: 'Cartoon faces', item: 'face', draw: drawFace },
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

/** Writes a sample as PNG files and a `tags.csv` into a folder, made when missing. Returns the number of pictures. */
export async function writeSample(name: SampleName, folder: string, size: SampleSize): Promise<number> {
  await mkdir(folder, { recursive: true })
  const lists: { file: string; tags: string[] }[] = []
  for (const { file, picture, tags } of drawings(name, size)) {
    await writeFile(join(folder, file), encodePng(picture))
    lists.push({ file, tags })
  }
  await writeFile(join(folder, 'tags.csv'), writeTagList(lists))
  return lists.length
}
