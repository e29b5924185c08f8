/** Pixels themselves as a feature space: a check on the others, for what they mean needs no explanation. */
import { resized, type PictureShape } from './pictures'
import type { Features } from './random-features'
import { rowsOf } from './rows'

/** Numbers a picture at most: what a covariance can be taken apart of in seconds. Larger pictures are made smaller. */
const MOST = 1024

export function pixelFeatures(shape: PictureShape): Features {
  const side = Math.min(shape.height, shape.width, Math.floor(Math.sqrt(MOST / shape.channels)))
  return {
    of: async (pictures) => rowsOf(resized(pictures, shape, side), side * side * shape.channels),
    dispose: () => {},
  }
}
