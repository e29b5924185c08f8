/** What a version of a dataset would best be like, from the shapes of its pictures. */
import { Preparation } from '../../contract/nouns'
import type { Store } from '../store/store'

/** Sides that convolutions halve well; larger ones cost more than a first model is worth. */
const SIZES = [16, 28, 32, 48, 64]

/** The largest of our sizes that the median picture fills, so that most pictures lose detail rather than gain blur. */
export function suggestPreparation({ medianSide }: Pick<Awaited<ReturnType<Store['shapes']>>, 'medianSide'>): Preparation {
  return Preparation.parse({ size: SIZES.findLast((size) => size <= medianSide) ?? SIZES[0] })
}
