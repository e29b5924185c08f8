/** What a training would be fed from a version, before it is one: the sizes of its classes, and its pictures as they are varied. */
import type { Augmentation, Pictures } from '../contract/nouns'
import type { Classes } from '../contract/versions'
import { createVary } from './augment'
import { countClasses } from './balance'
import { openPictures, range, readPack, readTags } from './items'
import { toBytes } from './pixels'

/** Throws `settings-wrong`, `file-unreadable`, `file-truncated`. */
export function classesOf(folder: string, tags: string[] | null): Classes {
  const pack = readPack(folder)
  return countClasses(tags, { train: pack.train, names: pack.tags, rows: readTags(folder, pack).rows })
}

/** The first `items` training pictures, each followed by `each` of itself, varied. Throws `file-unreadable`, `file-truncated`. */
export function variedPictures(folder: string, augment: Augmentation[], count: { items: number; each: number }): Pictures {
  const items = openPictures(folder, 0)
  try {
    const shown = range(0, Math.min(count.items, items.pack.train))
    const positions = shown.flatMap((position) => Array<number>(count.each + 1).fill(position))
    const pictures = items.floats(positions)
    const vary = createVary(augment, items.data, 0)
    for (const i of shown) {
      const first = i * (count.each + 1) + 1
      vary(pictures.subarray(first * items.each, (first + count.each) * items.each), 'preview', i)
    }
    const { height, width, channels } = items.data
    const pixels = Buffer.from(toBytes(pictures)).toString('base64')
    return { count: positions.length, height, width, channels, pixels }
  } finally {
    items.close()
  }
}
