import '../../../support/backend'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import * as ops from '../../../../src/nn/ops'
import { fillNormal, fillUniform } from '../../../../src/nn/random'
import type { Graph } from '../../../../src/nn/record'
import { BATCH, record } from '../../../../src/nn/record'
import { vae } from '../../../../src/recipes/vae'
import { modelGraphs } from '../../../../src/trainer/exports/graphs'
import { writeOnnx } from '../../../../src/trainer/exports/onnx'
import { buildRecipe } from '../../../support/recipes'

const about = { name: 'test', producer: 'tests' }

/** What another runtime makes of the graph. */
async function answer(graph: Graph, inputs: Record<string, Tensor>): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(await writeOnnx(graph, about), { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, t]) => [name, new OrtTensor('float32', t.dataSync() as Float32Array, t.shape)]),
  )
  const results = await session.run(feeds)
  await session.release()
  return Object.fromEntries(Object.entries(results).map(([name, t]) => [name, t.data as Float32Array]))
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}

describe('the VAE as ONNX', () => {
  it.each([
    ['mlp', 28, 1, 'relu'],
    ['conv', 28, 1, 'elu'],
    ['mlp', 64, 3, 'silu'],
    ['conv', 64, 3, 'leaky-relu'],
    ['conv', 27, 4, 'tanh'],
  ])('answers as the studio does: %s, %i × %i, %s', async (architecture, size, channels, activation) => {
    const data = { kind: 'images' as const, height: size, width: size, channels, items: 10, tags: [] }
    const { built, weights, dispose } = buildRecipe(vae, { architecture, activation, width: 32 }, data)
    const graphs = modelGraphs(built, weights, data)
    const latent = ops.tensor(fillNormal(new Float32Array(16 * built.abilities.latentSize!), 5, 'z', 0), [
      16,
      built.abilities.latentSize!,
    ]) as Tensor2D
    const picture = ops.tensor(fillUniform(new Float32Array(16 * size * size * channels), 5, 'x', 0), [
      16,
      size,
      size,
      channels,
    ]) as Tensor4D

    const decoded = built.abilities.decode!(weights, latent)
    expect(largestDifference((await answer(graphs.decoder!, { latent })).picture!, decoded.dataSync())).toBeLessThan(1e-4)
    const encoded = built.abilities.encode!(weights, picture)
    expect(largestDifference((await answer(graphs.encoder!, { picture })).latent!, encoded.dataSync())).toBeLessThan(1e-4)
    // Any number of items, not only the one that was recorded.
    const one = ops.slice(latent, [0, 0], [1, -1])
    expect(
      largestDifference(
        (await answer(graphs.decoder!, { latent: one })).picture!,
        ops.slice(decoded, [0, 0, 0, 0], [1, -1, -1, -1]).dataSync(),
      ),
    ).toBeLessThan(1e-4)
    ops.dispose([latent, picture, decoded, encoded, one])
    dispose()
  })
})

describe('kernels in ONNX', () => {
  const k = (shape: number[], name = 'k'): Tensor =>
    ops.tensor(fillNormal(new Float32Array(shape.reduce((a, b) => a * b, 1)), 6, name, 0), shape)
  const positive = (x: Tensor): Tensor => ops.add(ops.square(x), 0.5)
  const cases: Record<string, [f: (x: Tensor) => Tensor, shape: number[]]> = {
    arithmetic: [(x) => ops.div(ops.sub(ops.mul(x, k([4])), 2), positive(x)), [BATCH, 4]],
    'abs, neg, sign': [(x) => ops.add(ops.abs(x), ops.mul(ops.sign(x), ops.neg(x))), [BATCH, 4]],
    'log, log1p, sqrt, pow': [
      (x) =>
        ops.add(ops.add(ops.log(positive(x)), ops.log1p(positive(x))), ops.mul(ops.sqrt(positive(x)), ops.pow(positive(x), 1.5))),
      [BATCH, 4],
    ],
    'exp, sigmoid, softplus': [(x) => ops.add(ops.exp(x), ops.mul(ops.sigmoid(x), ops.softplus(x))), [BATCH, 4]],
    'minimum, maximum, clip': [(x) => ops.add(ops.minimum(x, k([4])), ops.clipByValue(x, -0.5, 0.5)), [BATCH, 4]],
    'softmax, logSoftmax': [(x) => ops.add(ops.softmax(x), ops.logSoftmax(x)), [BATCH, 4]],
    'sum, mean': [(x) => ops.add(ops.sum(x, 1, true), ops.mean(x, [1, -1], true)), [BATCH, 4, 3]],
    'sum of all but the batch': [(x) => ops.sum(x, [1, 2]), [BATCH, 4, 3]],
    'concat, stack, tile': [
      (x) => ops.tile(ops.concat([ops.stack([x, ops.square(x)], 1), ops.stack([x, x], 1)], -1), [1, 2, 3]),
      [BATCH, 4],
    ],
    'slice, split': [
      (x) => ops.mul(...(ops.split(ops.slice(x, [0, 1, 0], [-1, 2, -1]), 2, 1) as [Tensor, Tensor])),
      [BATCH, 4, 3],
    ],
    'slice from the start': [(x) => ops.slice(x, [0, 2], [-1, 2]), [BATCH, 4]],
    'transpose, reshape, pad': [
      (x) =>
        ops.pad(
          ops.reshape(ops.transpose(x, [0, 2, 1]), [x.shape[0]!, 12]),
          [
            [0, 0],
            [1, 2],
          ],
          7,
        ),
      [BATCH, 4, 3],
    ],
    'matMul with sides turned': [(x) => ops.matMul(x as never, k([5, 4]) as never, false, true), [BATCH, 4]],
    'matMul of two computed': [(x) => ops.matMul(x as never, x as never, true, false), [BATCH, 4, 3]],
    averagePool: [(x) => ops.averagePool(x as Tensor4D, 2), [BATCH, 4, 6, 3]],
    upsample: [(x) => ops.upsample(x as Tensor4D, 2), [BATCH, 3, 2, 3]],
    'conv2d, valid': [(x) => ops.conv2d(x as Tensor4D, k([3, 3, 2, 4]) as Tensor4D, 1, 'valid'), [BATCH, 5, 6, 2]],
    'conv2d, same, odd': [(x) => ops.conv2d(x as Tensor4D, k([4, 4, 2, 4]) as Tensor4D, 2, 'same'), [BATCH, 5, 7, 2]],
    'conv2d, wide stride': [(x) => ops.conv2d(x as Tensor4D, k([1, 1, 2, 4]) as Tensor4D, 3, 'same'), [BATCH, 5, 7, 2]],
    'conv2dTranspose, odd': [
      (x) => ops.conv2dTranspose(x as Tensor4D, k([4, 4, 3, 2]) as Tensor4D, [x.shape[0]!, 5, 8, 3], 2, 'same'),
      [BATCH, 3, 4, 2],
    ],
    'conv2dTranspose, small kernel': [
      (x) => ops.conv2dTranspose(x as Tensor4D, k([1, 1, 3, 2]) as Tensor4D, [x.shape[0]!, 6, 7, 3], 2, 'same'),
      [BATCH, 3, 4, 2],
    ],
    cast: [(x) => ops.cast(ops.cast(ops.mul(x, 3), 'int32'), 'float32'), [BATCH, 4]],
    'the input itself': [(x) => x, [BATCH, 4]],
    clone: [(x) => x.clone(), [BATCH, 4]],
  }

  it.each(Object.entries(cases))('%s', async (_, [f, shape]) => {
    const graph = record(({ x }) => ({ y: f(x!) }), { x: shape }, {})
    const x = k(
      shape.map((side) => (side === BATCH ? 5 : side)),
      'x',
    )
    const { y } = await answer(graph, { x })
    expect(largestDifference(y!, ops.tidy(() => f(x)).dataSync())).toBeLessThan(1e-4)
  })

  it('names a kernel it does not know', async () => {
    const graph = record(({ x }) => ({ y: x!.floor() }), { x: [BATCH, 2] }, {})
    await expect(writeOnnx(graph, about)).rejects.toThrow('Floor')
  })
})

describe('recording', () => {
  it('keeps parameters by name, drops what no output needs, and leaves nothing behind', () => {
    const w = ops.makeVariable([1, 2, 3, 4], [2, 2])
    const before = ops.memory().numTensors
    const graph = record(
      ({ x }) => {
        ops.exp(x!)
        return { y: ops.relu(ops.matMul(x as never, w as never)) }
      },
      { x: [BATCH, 2] },
      { 'net/w': w },
    )
    expect(ops.memory().numTensors).toBe(before)
    expect(graph.nodes.map((node) => node.kernel)).toEqual(['BatchMatMul', 'Relu'])
    expect(graph.tensors.filter((t) => t.parameter).map((t) => [t.parameter, t.shape])).toEqual([['net/w', [2, 2]]])
    expect(graph.tensors[graph.outputs.y!]!.shape).toEqual([BATCH, 2])
    w.dispose()
  })

  it('refuses a pass whose constants or kernels follow the number of items', () => {
    const inputs = { x: [BATCH, 2] }
    expect(() => record(({ x }) => ({ y: ops.mul(x!, ops.zeros([x!.shape[0]!, 1])) }), inputs, {})).toThrow(
      'constant depends on the number',
    )
    expect(() => record(({ x }) => ({ y: x!.shape[0] === 2 ? ops.exp(x!) : ops.relu(x!) }), inputs, {})).toThrow(
      'Exp becomes Relu',
    )
    expect(() => record(({ x }) => ({ y: ops.reshape(x!, [x!.shape[0]! * 2]) }), inputs, {})).toThrow(
      'depends on the number of items',
    )
  })
})
