/** The recipe `vae` itself, at its default settings for these pictures. */
import type { Scalar } from '@tensorflow/tfjs-core'
import { mean, scalar } from '../../src/nn/ops'
import { recipeById } from '../../src/recipes/index'
import { resolveSettings } from '../../src/recipes/settings'
import { noise, pictures, trained, type Rates, type Row } from './row'

interface VaeTable {
  batch: number
  picture: [height: number, width: number, channels: number]
  adam: Rates
}

export function vae({ batch, picture, adam }: VaeTable): Row {
  const [height, width, channels] = picture
  const data = { kind: 'images' as const, height, width, channels, items: 2000, tags: [] }
  const recipe = recipeById('vae')
  const built = recipe.build(resolveSettings(recipe, {}, data), data)
  const phase = built.stages[0]!.phases[0]!
  const x = pictures(batch, picture, 0)
  const eps = phase.noise!(batch).eps!
  return {
    networks: built.networks,
    phases: (weights) => [
      {
        inputs: (step) => ({
          x: x(step),
          eps: noise('eps', eps.shape, eps.distribution, step),
          klWeight: scalar(phase.schedule!(step).klWeight!),
        }),
        step: trained(weights, phase.trains, adam, ({ x, eps, klWeight }) =>
          phase.loss({
            weights,
            x: x as never,
            noise: { eps: eps! },
            schedule: { klWeight: klWeight as Scalar },
            average: (each) => mean(each),
          }),
        ),
      },
    ],
  }
}
