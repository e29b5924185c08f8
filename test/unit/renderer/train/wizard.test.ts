import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { RecipeCard } from '../../../../src/contract/recipes'
import { recipesFor, stopOf, useDraft } from '../../../../src/renderer/rooms/train/draft'
import { columnsFor, evenly, sheetOf, sideFor } from '../../../../src/renderer/rooms/train/sheets'
import { mainLoss, shareOf } from '../../../../src/renderer/rooms/train/status'
import { useDatasets } from '../../../../src/renderer/stores/datasets'
import type { World } from '../../../support/fake-studio'
import { runOf, sampleAt } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

const card = (change: Partial<RecipeCard>): RecipeCard => ({
  id: 'vae',
  title: { en: 'V', 'zh-CN': 'V' },
  summary: { en: '', 'zh-CN': '' },
  about: { for: { en: '', 'zh-CN': '' }, articles: { en: '', 'zh-CN': '' } },
  paper: '',
  data: ['images'],
  goals: ['morph', 'compress'],
  likelihood: 'bound',
  prior: 'normal',
  abilities: [],
  converges: true,
  training: {},
  settings: {},
  rules: [],
  parts: {},
  stages: [],
  ...change,
})

describe('the plain words', () => {
  it('mean a stop rule', () => {
    const own = { by: 'steps' as const, amount: 12.6 }
    expect(stopOf('quick', own)).toEqual({ by: 'minutes', minutes: 1 })
    expect(stopOf('good', own)).toEqual({ by: 'minutes', minutes: 5 })
    expect(stopOf('thorough', own)).toEqual({ by: 'converged' })
    expect(stopOf('own', own)).toEqual({ by: 'steps', steps: 13 })
    expect(stopOf('own', { by: 'epochs', amount: 2.5 })).toEqual({ by: 'epochs', epochs: 2.5 })
  })
  it('lead to the recipes that can do it with such data', () => {
    const all = [card({}), card({ id: 'rnn', data: ['texts'] }), card({ id: 'gan', goals: ['more-like-these'] })]
    expect(recipesFor(all, 'morph', 'images').map((one) => one.id)).toEqual(['vae'])
    expect(recipesFor(all, 'morph', 'texts').map((one) => one.id)).toEqual(['rnn'])
    expect(recipesFor(all, 'find-odd', 'images')).toEqual([])
  })
})

describe('the draft', () => {
  let world: World
  beforeEach(async () => {
    const { fakeStudio } = await import('../../../support/fake-studio')
    const made = fakeStudio({ recipes: [card({ goals: ['more-like-these'] })], training: {} })
    fake.studio = made.studio
    world = made.world
    setActivePinia(createPinia())
    await useDatasets().load()
  })
  const frozen = () => world.calls.filter((call) => call.name === 'datasets.freeze').length

  it('takes the newest dataset, the suggestion and the first recipe that fits', async () => {
    world.datasets.push({ ...world.datasets[0]!, id: 'd2', createdAt: 99 })
    await useDatasets().load()
    const draft = useDraft()
    await draft.loadCatalogue()
    await draft.suggest()
    expect(draft.dataset?.id).toBe('d2')
    expect(draft.recipe?.id).toBe('vae')
    expect(draft.preparation?.size).toBe(64)
    draft.choosePreparation({ size: 32 })
    expect(draft.preparation).toMatchObject({ size: 32, colour: 'rgb' })
  })

  it('freezes what was chosen once, and again only when it is another', async () => {
    const draft = useDraft()
    await draft.suggest()
    await Promise.all([draft.prepare(), draft.prepare()])
    await draft.prepare()
    expect(frozen()).toBe(1)
    draft.choosePreparation({ size: 32 })
    await draft.prepare()
    expect(frozen()).toBe(2)
  })
})

describe('sheets', () => {
  it('are found where the hosts serve them', () => {
    expect(sheetOf(sampleAt('r1', 50), 'generated')).toEqual({ src: '/media/samples/r1/50/generated.png', count: 36, columns: 6 })
    expect(sheetOf(null, 'generated')).toBeNull()
  })
  it('fill a space with the largest tiles', () => {
    expect(columnsFor(16, 400, 400, 0)).toBe(4)
    expect(columnsFor(16, 800, 200, 0)).toBe(8)
    expect(columnsFor(8, 400, 400, 0, 2)).toBe(4)
    expect(sideFor(16, 4, 400, 400, 0)).toBe(100)
    expect(sideFor(8, 4, 400, 300, 0, 2)).toBe(75)
  })
  it('choose moments evenly, with the first and the last', () => {
    expect(evenly(3, 10)).toEqual([0, 1, 2])
    expect(evenly(101, 5)).toEqual([0, 25, 50, 75, 100])
  })
})

describe('how far a run is', () => {
  it('follows its stop rule', () => {
    expect(shareOf(runOf({ step: 500, totalSteps: 2000 }))).toBe(0.25)
    expect(shareOf(runOf({ totalSteps: null, stop: { by: 'minutes', minutes: 2 }, seconds: 30 }))).toBe(0.25)
    expect(shareOf(runOf({ totalSteps: null, stop: { by: 'converged' } }))).toBeNull()
    expect(shareOf(runOf({ status: 'finished', step: 3 }))).toBe(1)
  })
  it('is judged by the whole loss where there is one', () => {
    expect(mainLoss({ kl: 3, loss: 9 })).toEqual({ key: 'loss', value: 9 })
    expect(mainLoss({ critic: 3 })).toEqual({ key: 'critic', value: 3 })
    expect(mainLoss({})).toBeNull()
  })
})
