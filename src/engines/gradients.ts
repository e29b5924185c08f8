import { createRequire } from 'node:module'

let registered = false

/**
 * Registers tfjs's gradient functions. `@tensorflow/tfjs` does so as a side effect of being loaded; it is required, not imported,
 * because bundling it would bring a second copy of everything in it.
 */
export function registerGradients(): void {
  if (registered) return
  createRequire(import.meta.url)('@tensorflow/tfjs')
  registered = true
}
