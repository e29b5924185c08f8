/** Folders of pictures for the tests: good ones in two classes, and files that cannot be used. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'

export interface Folder {
  folder: string
  /** Names of the files that cannot be used. */
  broken: string[]
}

/** `count` squares of different colours in `circles/` and `squares/`, and four files that cannot be used. */
export async function makePictures(count: number): Promise<Folder> {
  const folder = join(mkdtempSync(join(tmpdir(), 'latent-pictures-')), 'shapes')
  for (const name of ['circles', 'squares']) mkdirSync(join(folder, name), { recursive: true })
  for (let index = 0; index < count; index++) {
    const colour = `hsl(${(index * 37) % 360} 60% ${40 + (index % 30)}%)`
    const shape =
      index % 2
        ? `<rect x="${8 + (index % 9)}" y="10" width="${20 + (index % 20)}" height="30" fill="${colour}"/>`
        : `<circle cx="${24 + (index % 12)}" cy="30" r="${12 + (index % 11)}" fill="${colour}"/>`
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="hsl(${(index * 53) % 360} 30% 85%)"/>${shape}</svg>`
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(folder, index % 2 ? 'squares' : 'circles', `${index}.png`))
  }
  const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#678' } })
    .png()
    .toBuffer()
  const broken: Record<string, Buffer> = {
    'cut off.png': whole.subarray(0, whole.length - 40),
    'empty.jpg': Buffer.alloc(0),
    'letter.png': Buffer.from('Dear reader, this is no picture at all.'),
    'drawing.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
  }
  for (const [name, bytes] of Object.entries(broken)) writeFileSync(join(folder, name), bytes)
  return { folder, broken: Object.keys(broken) }
}

/** An IDX file of `count` pictures of `side` × `side` grey pixels, each with its number in it, so that no two are equal. */
export function makeIdx(count: number, side: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'latent-idx-'))
  const file = join(folder, 'many-images-idx3-ubyte')
  const bytes = Buffer.alloc(16 + count * side * side, 200)
  bytes.writeUInt32BE(0x00000803, 0)
  for (const [index, value] of [count, side, side].entries()) bytes.writeUInt32BE(value, 4 + index * 4)
  for (let index = 0; index < count; index++) bytes.writeUInt32LE((index * 2654435761) >>> 0, 16 + index * side * side)
  writeFileSync(file, bytes)
  return file
}
