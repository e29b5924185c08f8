/** How much a row of the table computes, from the shapes of its layers. */

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0)

/** Multiply-adds of one item's way forward through a picture network. */
function layers(list, side) {
  let macs = 0
  for (const layer of list) {
    if (layer.shape) side = layer.shape[0]
    else if (layer.dense) macs += layer.dense[0] * layer.dense[1]
    else if (layer.conv) macs += 16 * layer.conv[0] * layer.conv[1] * (side /= 2) ** 2
    else if (layer.convTranspose) {
      macs += 16 * layer.convTranspose[0] * layer.convTranspose[1] * side ** 2
      side *= 2
    }
  }
  return macs
}

/** Multiply-adds of a sequence. */
const generator = ({ vocabulary, length, embedding, hidden }) => length * (4 * (embedding + hidden) + vocabulary) * hidden

function critic({ embedding, windows, maps }, length) {
  const convolutions = windows.map((window, i) => (length - window + 1) * window * embedding * maps[i])
  return sum(convolutions) + 2 * sum(maps) ** 2
}

/**
 * Floating-point operations of a step: two a multiply-add, of convolutions and matrix products alone. `passes` of the table says
 * how often each network's way forward is computed; a way back counts two, and one where only the input's gradient is needed.
 */
export function flops(row) {
  const { batch, rollouts = 1, passes } = row
  if (row.networks) {
    const side = { features: row.picture[0], encoder: row.picture[0], critic: row.picture[0], verdict: row.picture[0] / 8 }
    return 2 * batch * sum(Object.entries(row.networks).map(([name, list]) => passes[name] * layers(list, side[name])))
  }
  const judged = row.critic ? passes.critic * critic(row.critic, row.generator.length) : 0
  return 2 * batch * rollouts * (passes.generator * generator(row.generator) + judged)
}

/** Images or tokens of a step. */
export const items = ({ unit, batch, rollouts = 1, generator }) => batch * rollouts * (unit === 'tokens' ? generator.length : 1)
