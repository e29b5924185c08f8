/** The parts of a trained model that are worth taking elsewhere, as recorded graphs. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import type { Weights } from '../../nn/module'
import type { Graph } from '../../nn/record'
import { BATCH, record } from '../../nn/record'
import { conditionSize } from '../conditions'
import type { Built, PictureFacts } from '../../recipes/define'

/**
 * By file name. `decoder`: input `latent` [batch, latentSize] → output `picture` [batch, height, width, channels] in [0, 1]; a
 * conditional one also takes `tags` [batch, tags], 1 for those that a picture is to have, or `words` [batch, words], how often each
 * stands in its description.
 * `encoder`: `picture` → `latent`, the posterior's means. Only what the model can do.
 */
export function modelGraphs(built: Built, weights: Record<string, Weights>, data: PictureFacts): Record<string, Graph> {
  const { encode, decode, latentSize, byText } = built.abilities
  const parameters: Record<string, Tensor> = {}
  for (const [network, own] of Object.entries(weights))
    for (const [name, variable] of Object.entries(own)) parameters[`${network}/${name}`] = variable

  const graphs: Record<string, Graph> = {}
  if (decode && latentSize) {
    const told = conditionSize({ built, data })
    const condition = byText ? 'words' : 'tags'
    graphs.decoder = record(
      (inputs) => ({ picture: decode(weights, inputs.latent as Tensor2D, inputs[condition] as Tensor2D | undefined) }),
      { latent: [BATCH, latentSize], ...(told > 0 && { [condition]: [BATCH, told] }) },
      parameters,
    )
  }
  if (encode) {
    const picture = [BATCH, data.height, data.width, data.channels]
    graphs.encoder = record((inputs) => ({ latent: encode(weights, inputs.picture as Tensor4D) }), { picture }, parameters)
  }
  return graphs
}
