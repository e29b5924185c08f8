import '../../support/backend'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { SPECIAL } from '../../../src/contract/texts'
import { div, mean, mul, tensor, tidy } from '../../../src/nn/ops'
import { fillUniform } from '../../../src/nn/random'
import type { TextFacts } from '../../../src/recipes/define'
import { textLm } from '../../../src/recipes/text-lm'
import { resolveSettings } from '../../../src/recipes/settings'
import type { TextModel } from '../../../src/trainer/model'
import { buildRecipe, sentences, stepInput, trainStep } from '../../support/recipes'

const data: TextFacts = { kind: 'texts', length: 8, vocabulary: 14, ends: true, items: 8, tags: [] }
const small = { embedding: 8, hidden: 24, dropout: 0 }
const build = (settings: Record<string, unknown> = small) => {
  const run = buildRecipe(textLm, settings, data, { learningRate: 0.03 })
  return { run, model: run as unknown as TextModel }
}
/** Nats a token by the phase's loss, from step 0's noise. */
const lossOf = ({ run }: ReturnType<typeof build>, x: Tensor2D): number =>
  tidy(() => {
    const { phase } = run.phases[0]!
    return phase.loss(stepInput(run, phase, x, 0) as never).total.dataSync()[0]!
  })

describe('text-lm', () => {
  it('learns eight texts by heart, and then writes them and no others', () => {
    const { run, model } = build()
    const x = sentences(8, data)
    let nll = 0
    for (let step = 0; step < 140; step++) nll = trainStep(run, run.phases[0]!, x, step).nll!
    // The first token is one of eight: nothing before it tells which.
    const least = Math.log(8) / (tidy(() => x.sign().sum().dataSync()[0]!) / 8)
    expect(nll).toBeGreaterThan(least - 1e-3)
    expect(nll).toBeLessThan(least + 0.1)
    const cut = (row: number[]) => row.slice(0, row.indexOf(SPECIAL.end) + 1).join(' ')
    const known = new Set((x.arraySync() as number[][]).map(cut))
    const uniform = tensor(fillUniform(new Float32Array(40 * 8), 1, 'draw', 0), [40, 8]) as Tensor2D
    const drawn = tidy(() => model.built.abilities.draw!(model.shown, uniform, { temperature: 0.5 }).arraySync() as number[][])
    expect(drawn.filter((row) => known.has(cut(row))).length).toBeGreaterThan(36)
    expect(new Set(drawn.map(cut)).size).toBeGreaterThan(4)
    run.dispose()
  })

  it('counts real tokens alone: padding is worth nothing, whatever stands beside it', () => {
    const { run, model } = build()
    const x = sentences(3, data)
    const { nats, tokens } = model.built.abilities.measure!(model.shown, x, {})
    expect([...tokens!.dataSync()]).toEqual([8, 7, 6])
    const whole = [...nats!.dataSync()]
    expect(lossOf({ run, model }, x)).toBeCloseTo(whole.reduce((a, b) => a + b) / 21, 5)
    const shorter: TextFacts = { ...data, length: 7 }
    const cut = x.slice([1, 0], [2, 7]) as Tensor2D
    expect(shorter.length).toBe(cut.shape[1])
    const own = [...model.built.abilities.measure!(model.shown, cut, {}).nats!.dataSync()]
    own.forEach((value, i) => expect(value).toBeCloseTo(whole[i + 1]!, 4))
    run.dispose()
  })

  it('lets an item count for more by its tokens', () => {
    const { run, model } = build()
    const x = sentences(2, data)
    const [nats, tokens] = tidy(() => {
      const { nats, tokens } = model.built.abilities.measure!(model.shown, x, {})
      return [[...nats!.dataSync()], [...tokens!.dataSync()]]
    }) as [number[], number[]]
    const weighed = tidy(() => {
      const { phase } = run.phases[0]!
      const input = stepInput(run, phase, x, 0)
      const average: typeof input.average = (each) => mean(mul(each, tensor([1.5, 0.5])))
      return phase.loss({ ...input, average } as never).total.dataSync()[0]!
    })
    expect(weighed).toBeCloseTo((3 * nats[0]! + nats[1]!) / (3 * tokens[0]! + tokens[1]!), 5)
    run.dispose()
  })

  it('forgets on purpose while it is trained, and never when it is asked', () => {
    const plain = build()
    const thinned = build({ ...small, dropout: 0.5, layers: 2 })
    const x = sentences(8, data)
    const asked = tidy(() => {
      const { nats, tokens } = thinned.model.built.abilities.measure!(thinned.model.shown, x, {})
      return div(nats!.sum(), tokens!.sum()).dataSync()[0]!
    })
    expect(lossOf(thinned, x)).not.toBeCloseTo(asked, 4)
    expect(Object.keys(thinned.run.phases[0]!.phase.noise!(8))).toEqual(['drop1', 'drop2'])
    expect(plain.run.phases[0]!.phase.noise!(8)).toEqual({})
    plain.run.dispose()
    thinned.run.dispose()
  })

  it('suggests a smaller model, kept from learning by heart, for few texts', () => {
    expect(resolveSettings(textLm, {}, { ...data, items: 500 })).toMatchObject({ hidden: 128, dropout: 0.3, embedding: 64 })
    expect(resolveSettings(textLm, {}, { ...data, items: 60_000, vocabulary: 4000 })).toMatchObject({
      hidden: 256,
      dropout: 0,
      embedding: 128,
    })
  })
})
