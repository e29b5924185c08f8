/** What is particular to a kind of items: how they are stored, and how a step sees them. Light enough for the feed's thread. */
import type { Augmentation } from '../contract/nouns'
import type { DataFacts } from '../recipes/define'
import { createVary, type Vary } from './augment'
import { writeFloats } from './pixels'

type Kind = DataFacts['kind']

interface Format<Data extends DataFacts> {
  /** Of an item, as a step sees it. */
  shape(data: Data): number[]
  /** Of a stored number. */
  bytes: number
  /** Stored numbers as float32, which holds each exactly, from `at` on. */
  write(bytes: Uint8Array, out: Float32Array, at: number): void
  /** What a step makes of them. */
  dtype: 'float32' | 'int32'
  /** How items are varied; main asks it of no others. */
  vary?(ways: Augmentation[], data: Data, seed: number): Vary
  /** Smaller items that might be trained on in their place: the side of a picture, and what is then known. */
  smaller(data: Data): { size: number; data: Data }[]
}

/** Sides that are offered in the place of a larger one, in pixels: those that the wizard has. */
const SIDES = [128, 96, 64, 32, 28, 16]

export const FORMATS: { [K in Kind]: Format<Extract<DataFacts, { kind: K }>> } = {
  images: {
    shape: ({ height, width, channels }) => [height, width, channels],
    bytes: 1,
    write: writeFloats,
    dtype: 'float32',
    vary: createVary,
    smaller: (data) =>
      SIDES.filter((side) => side < data.width).map((size) => {
        return { size, data: { ...data, height: Math.round((data.height * size) / data.width), width: size } }
      }),
  },
  texts: {
    shape: ({ length }) => [length],
    bytes: 2,
    write(bytes, out, at) {
      for (let i = 0; 2 * i < bytes.length; i++) out[at + i] = bytes[2 * i]! + 256 * bytes[2 * i + 1]!
    },
    dtype: 'int32',
    smaller: () => [],
  },
}

/** That of these items, whatever they are. */
export const formatOf = <Data extends DataFacts>({ kind }: Data): Format<Data> => FORMATS[kind] as unknown as Format<Data>

/** Of a batch. */
export const shapeOf = (data: DataFacts, count: number): number[] => [count, ...formatOf(data).shape(data)]
