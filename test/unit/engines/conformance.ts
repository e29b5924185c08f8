/**
 * What every recipe promises (design §5), on one engine: each family of its networks trained by the loop itself, on small pictures.
 * What does not depend on the engine is in `recipes/conformance.test.ts`.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Facts, Step } from '../../../src/engines/engine'
import { engines } from '../../../src/engines/index'
import { fillNormal, fillUniform } from '../../../src/nn/random'
import type { Recipe } from '../../../src/recipes/define'
import { recipes } from '../../../src/recipes/index'
import { readCheckpoint } from '../../../src/trainer/checkpoint'
import { exportOnnx } from '../../../src/trainer/exports/model'
import { exportSafetensors } from '../../../src/trainer/exports/weights'
import { openPictures } from '../../../src/trainer/items'
import { buildModel, disposeModel, type Model, type PictureModel } from '../../../src/trainer/model'
import { examples, noiseTensors, sentences, tagRows } from '../../support/recipes'
import { checkpoint, numbersOf, room, specOf, stateHash, trainHere, writePack, writeTexts } from '../trainer/support'
import { startEngine } from './start'

/** The sides are odd once they are halved, and go down in two scales. */
const [SIDE, CHANNELS, ITEMS, TRAIN] = [10, 1, 22, 16]
const TAGS = ['round', 'red']
const STEPS = 4
const [LENGTH, VOCABULARY] = [9, 14]
const FACTS = {
  images: { kind: 'images' as const, height: SIDE, width: SIDE, channels: CHANNELS, items: TRAIN, tags: TAGS },
  texts: { kind: 'texts' as const, length: LENGTH, vocabulary: VOCABULARY, ends: true, items: TRAIN, tags: TAGS },
}
type Kind = keyof typeof FACTS

/** In a recipe of each kind of items, what makes it small. */
const SMALL: Record<Kind, Record<string, unknown>> = {
  images: { width: 8, latentSize: 4 },
  texts: { embedding: 6, hidden: 8 },
}

/** What networks there are of each recipe, and what their players are held by, in sizes that train in a moment. */
const families: Record<string, Record<string, Record<string, unknown>>> = {
  gan: {
    conv: { architecture: 'conv', critic: 'conv', layers: 2 },
    mlp: { architecture: 'mlp', critic: 'mlp', loss: 'wasserstein', criticSteps: 2 },
    residual: { architecture: 'residual', critic: 'residual', layers: 1, loss: 'least-squares' },
    transformer: { architecture: 'transformer', critic: 'transformer', layers: 1 },
    growing: { growing: true, byTags: true, loss: 'hinge', fadeSteps: 2 },
  },
  vae: {
    conv: { architecture: 'conv', layers: 2, activation: 'leaky-relu', klWarmup: 3 },
    mlp: { architecture: 'mlp', layers: 2, likelihood: 'bernoulli' },
  },
  'vae-gan': {
    conv: { architecture: 'conv', layers: 2 },
    mlp: { architecture: 'mlp', layers: 2, order: 'weighted', norm: 'layer' },
  },
  'text-lm': {
    lstm: { layers: 2, dropout: 0.2 },
  },
}

/** A recipe that is not among them is taken as it suggests itself. */
const cases = recipes.flatMap((recipe) =>
  Object.entries(families[recipe.id] ?? { default: {} }).map(([family, own]) => {
    const kind = recipe.data[0] as Kind
    return { recipe, id: recipe.id, kind, family, settings: recipe.id in families ? { ...SMALL[kind], ...own } : own }
  }),
)

/** The recipe with one phase of one stage alone. */
const onlyPhase = (recipe: Recipe, stage: number, phase: number): Recipe => ({
  ...recipe,
  build(settings, data) {
    const built = recipe.build(settings, data)
    const found = built.stages[stage]!
    return { ...built, stages: [{ ...found, share: undefined, phases: [found.phases[phase]!] }] }
  },
})

/** Networks of which something that is learned is not what it was. */
function movedNetworks({ built }: Model, run: string, steps: number): string[] {
  const [before, after] = [0, steps].map((step) => readCheckpoint(checkpoint(run, step)).tensors)
  return Object.entries(built.networks)
    .filter(([network, { parameters }]) =>
      parameters.some(({ name, kept }) => {
        const [old, now] = [before, after].map((tensors) => tensors!.get(`${network}/${name}`)!.bytes)
        return !kept && Buffer.compare(old!, now!) !== 0
      }),
    )
    .map(([network]) => network)
}

/** All that the model can do, by what it gives. */
async function answers(model: Model): Promise<Record<string, Float32Array>> {
  const { abilities } = model.built
  const given: Record<string, tf.Tensor> = tf.tidy(() => {
    const x = examples(4, model.data) as never
    const noise = noiseTensors(abilities.scoreNoise?.(4) ?? {}, 0)
    const { latentSize = 0 } = abilities
    const latents = tf.tensor2d(fillNormal(new Float32Array(4 * latentSize), 3, 'z', 0), [4, latentSize])
    const uniform = tf.tensor2d(fillUniform(new Float32Array(4 * LENGTH), 3, 'u', 0), [4, LENGTH])
    const told = abilities.byTags ? tagRows(4, TAGS.length) : undefined
    return {
      ...(abilities.encode && { encode: abilities.encode(model.shown, x) }),
      ...(abilities.decode && { decode: abilities.decode(model.shown, latents, told) }),
      ...(abilities.draw && { draw: abilities.draw(model.shown, uniform, { temperature: 0.9, topK: 12, nucleus: 0.95 }) }),
      ...(abilities.score && { score: abilities.score(model.shown, x, noise) }),
      ...abilities.measure?.(model.shown, x, noise),
    }
  })
  const values = await Promise.all(Object.entries(given).map(async ([name, one]) => [name, await one.data()] as const))
  tf.dispose(given)
  return Object.fromEntries(values) as Record<string, Float32Array>
}

/** Relative where values are above 1. */
const apart = (a: number, b: number): number => Math.abs(a - b) / Math.max(1, Math.abs(b))

/** Declares the tests of one engine, for these families, or all; its facts where it started. */
export async function conformance(id: string, quick?: string[]): Promise<Facts | undefined> {
  const { facts, why } = await startEngine(id)
  const started = facts && (await engines[id]!())
  // Which way of calling a step is faster is measured, and may come out otherwise the next time.
  const compile = (step: Step) => started!.compile(step, started!.compiles ? 'plain' : 'eager')
  const here = facts && { facts, engine: { compiles: started!.compiles, compile } }

  const differences: Record<string, number> = {}

  let folder: string
  beforeAll(() => {
    folder = room()
    const pixels = fillUniform(new Float32Array(ITEMS * SIDE * SIDE * CHANNELS), 9, 'pictures', 0, 0, 256)
    const rows = Uint8Array.from({ length: ITEMS * TAGS.length }, (_, i) => Number(i % 3 === 0))
    const shape = { items: ITEMS, train: TRAIN, height: SIDE, width: SIDE, channels: CHANNELS }
    writePack(join(folder, 'images'), shape, Uint8Array.from(pixels), TAGS, rows)
    const texts = sentences(ITEMS, { ...FACTS.texts, items: ITEMS })
    writeTexts(join(folder, 'texts'), { ...FACTS.texts, items: ITEMS, train: TRAIN }, texts.dataSync(), TAGS, rows)
    texts.dispose()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describe.skipIf(!here)(`on the ${id} engine${why ? ` (${why})` : ''}`, () => {
    describe.each(cases.filter(({ id, family }) => !quick || quick.includes(family) || !(id in families)))(
      '$id, $family',
      ({ recipe, kind, family, settings }) => {
        const specNamed = (name: string, steps = STEPS, resumeFrom: string | null = null) =>
          specOf(join(folder, recipe.id, family, name), join(folder, kind), {
            ...{ recipe: recipe.id, settings, training: { ...recipe.training, l2: 0.001, clipNorm: 5 }, resumeFrom },
            stop: { by: 'steps', steps },
          })
        const model = (saved = true): Model => {
          const { tensors } = readCheckpoint(checkpoint(specNamed('whole').folder, STEPS))
          return buildModel(recipe, { settings, seed: 5 }, FACTS[kind], saved ? tensors : null)
        }

        it('keeps no tensors, goes on from a pause bit for bit, and loses what the plain backend loses', async () => {
          await tf.setBackend(id)
          const tensors: number[] = []
          const whole = specNamed('whole')
          const { rows } = await trainHere(whole, recipe, { ...here, onStep: () => tensors.push(tf.memory().numTensors) })
          // Each stage has optimisers of its own.
          expect(new Set(tensors.slice(1)).size).toBeLessThanOrEqual(settings.growing ? 2 : 1)

          const broken = specNamed('broken')
          const first = await trainHere(broken, recipe, { ...here, pauseAt: 2 })
          const rest = await trainHere(specNamed('broken', STEPS, checkpoint(broken.folder, 2)), recipe, here)
          expect(rest.events.find((event) => event.type === 'started')).toMatchObject({ step: 2, exact: true })
          expect(stateHash(broken.folder, STEPS)).toBe(stateHash(whole.folder, STEPS))
          expect(numbersOf([...first.rows, ...rest.rows])).toEqual(numbersOf(rows))

          await tf.setBackend('cpu')
          const plain = await trainHere(specNamed('plain'), recipe)
          expect(rows.length).toBeGreaterThan(1)
          expect(rows.map(({ step }) => step)).toEqual(plain.rows.map(({ step }) => step))
          const losses = rows.flatMap(({ losses }, i) =>
            Object.entries(losses).map(([name, loss]) => apart(loss, plain.rows[i]!.losses[name]!)),
          )
          expect(losses.length).toBe(plain.rows.flatMap((row) => Object.keys(row.losses)).length)
          differences[`${recipe.id}, ${family}`] = Math.max(...losses)
          expect(Math.max(...losses)).toBeLessThan(1e-4)
        })

        it('moves exactly the networks that a phase trains', async () => {
          await tf.setBackend(id)
          const whole = model(false)
          for (const [s, stage] of whole.built.stages.entries())
            for (const [p, phase] of stage.phases.entries()) {
              const spec = specNamed(`${stage.name}-${phase.name}`, 1)
              await trainHere(spec, onlyPhase(recipe, s, p), here)
              const moved = movedNetworks(whole, spec.folder, 1)
              // A scale that is to be faded in counts for nothing in the first step.
              const reached = settings.growing ? phase.trains.filter((name) => moved.includes(name)) : phase.trains
              expect(moved.sort(), phase.name).toEqual([...reached].sort())
              expect(moved).not.toEqual([])
            }
          disposeModel(whole)
        })

        it('does what it can as the plain backend does, and as its exports do', async () => {
          await tf.setBackend(id)
          const ours = model()
          const exports = join(specNamed('whole').folder, 'exports')
          mkdirSync(exports)
          const found = await answers(ours)
          if (kind === 'images') {
            const items = openPictures(join(folder, kind))
            const context = { breathe: async () => {}, progress: () => {} }
            const onnx = await exportOnnx(ours as PictureModel, items, exports, context)
            expect(onnx.maxDifference).toBeLessThanOrEqual(1e-4)
            items.close()
          }
          expect((await exportSafetensors(ours, exports, STEPS)).maxDifference).toBe(0)
          disposeModel(ours)

          await tf.setBackend('cpu')
          const theirs = model()
          const wanted = await answers(theirs)
          disposeModel(theirs)
          expect(Object.keys(found)).toEqual(Object.keys(wanted))
          for (const [name, values] of Object.entries(wanted))
            expect(Math.max(...values.map((value, i) => apart(found[name]![i]!, value))), name).toBeLessThan(1e-4)
        })
      },
    )

    afterAll(() => console.info(`${id}: largest difference of a loss from the plain backend's in ${STEPS} steps`, differences))
  })
  return facts
}
