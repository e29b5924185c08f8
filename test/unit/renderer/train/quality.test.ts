// @vitest-environment happy-dom
/** The card of a model's quality: measuring it, and what each number says. */
import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Evaluation } from '../../../../src/contract/explore'
import type { Quality, Scores, Space } from '../../../../src/contract/quality'
import type { RecipeCard } from '../../../../src/contract/recipes'
import { i18n } from '../../../../src/renderer/locales'
import QualityCard from '../../../../src/renderer/rooms/train/QualityCard.vue'
import { verdictOf } from '../../../../src/renderer/rooms/train/verdict'
import { runOf, type World } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

const scores = (frechet: number, precision: number, recall: number, density: number, coverage: number): Scores => {
  return { frechet, precision, recall, density, coverage }
}
const REAL = scores(0.1, 0.94, 0.92, 1.01, 0.96)
const STUCK = scores(9, 1, 0.01, 0.9, 0.055)
const space = (id: Space['id'], made: Scores): Space => ({ id, size: 256, made, real: REAL, collapse: STUCK })

const quality: Quality = {
  formatVersion: 1,
  settings: { count: 5000, k: 5, seed: 0, real: 'held-out', repeated: 50 },
  spaces: [space('random-features-1', scores(1.2345, 0.7, 0.6, 0.55, 0.5)), space('pixels', scores(3, 0.5, 0.4, 0.3, 0.2))],
  classifier: { id: 'classifier-1', steps: 800, tags: ['smile', 'hat'], exclusive: false, accuracy: 0.91 },
  kinds: {
    data: [0.5, 0.25],
    made: { shares: [0.62, 0], hit: 1, divergence: 0.1234 },
    real: { shares: [0.49, 0.26], hit: 2, divergence: 0.001 },
  },
  nearest: {
    samples: [{ pixels: { item: 'i1', distance: 1 }, features: { item: 'i7', distance: 2 } }],
    made: { pixels: 4, features: 0.52 },
    real: { pixels: 5, features: 0.81 },
    searched: { pixels: 60_000, features: 20_000 },
  },
  latents: {
    tags: ['smile', 'hat'],
    latents: { linear: [0.9, null], neighbours: [0.8, 0.7] },
    pixels: { linear: [0.6, null], neighbours: [null, null] },
  },
}
const evaluation: Evaluation = {
  step: 100,
  items: 10_000,
  metrics: { mse: 0.0123 },
  pcaMse: 0.0456,
  quality,
  pictures: { count: 1, height: 1, width: 1, channels: 1, pixels: 'AA==' },
}

let world: World
beforeEach(async () => {
  document.body.innerHTML = ''
  i18n.global.locale.value = 'en'
  const { fakeStudio } = await import('../../../support/fake-studio')
  const made = fakeStudio()
  fake.studio = made.studio
  world = made.world
  setActivePinia(createPinia())
})
const run = runOf({ id: 'r1', name: 'Digits', status: 'finished', step: 100 })
const plain = { abilities: ['decode', 'generate'] } as unknown as RecipeCard
function show(recipe = plain): VueWrapper {
  world.runs.set(run.id, run)
  return mount(QualityCard, { props: { run, recipe }, global: { plugins: [i18n] }, attachTo: document.body })
}
const cells = (page: VueWrapper, name: string) =>
  page
    .findAll('tr')
    .find((row) => row.find('th[scope=row]').exists() && row.get('th[scope=row]').text() === name)!
    .findAll('td')
    .map((cell) => cell.text())

describe('the card', () => {
  it('measures at a click, shows how far it is, and then the numbers beside real ones', async () => {
    world.evaluation = evaluation
    const page = show()
    const button = await vi.waitFor(() => page.get('button'))
    expect(button.text()).toBe('Measure')
    await button.trigger('click')
    await vi.waitFor(() => expect(page.find('[role=progressbar]').exists()).toBe(true))
    expect(page.get('[role=progressbar]').attributes('aria-label')).toBe('Measuring Digits')
    expect(page.get('button').attributes('aria-label')).toBe('Cancel the measuring')
    await vi.waitFor(() => expect(page.find('[data-test=verdict]').exists()).toBe(true))
    expect(cells(page, 'Distance')).toEqual(['1.23', '0.1', '9'])
    expect(cells(page, 'Nothing forgotten')).toEqual(['50%', '96%', '6%'])
    expect(cells(page, 'Close to yours')).toEqual(['0.55', '1.01', '0.9'])
    expect(world.calls.filter(({ name }) => name === 'explore.evaluate')).toEqual([
      { name: 'explore.evaluate', input: { run: 'r1' } },
    ])
  })

  it('shows at once what was measured before, each number with its sentence and its colour', async () => {
    world.measured = evaluation
    const page = show()
    await vi.waitFor(() => expect(page.find('table').exists()).toBe(true))
    expect(page.text()).toContain('The share of your pictures that the model could have made.')
    const row = page.findAll('tr').find((one) => one.text().startsWith('Variety'))!
    expect(
      row.findAll('td').map((cell) => cell.classes().find((name) => name.startsWith('text-') && name !== 'text-right')),
    ).toEqual(['text-made', 'text-real', 'text-dim'])
    expect(row.get('th').attributes('title')).toBe('Recall')
    expect(cells(page, 'Kinds that appear')).toEqual(['1', '2'])
    expect(cells(page, 'Way to the nearest of yours')).toEqual(['0.52', '0.81'])
    expect(cells(page, 'Tags, by a straight line')).toEqual(['90%', '60%'])
    expect(cells(page, 'Tags, by neighbours')).toEqual(['75%', '–'])
    expect(cells(page, 'Error per pixel')).toEqual(['0.0123', '0.0456'])
    expect(page.get('img').attributes('src')).toBe('/media/thumb/i7')
    expect(page.text()).toContain('5,000 pictures in each set, 5 neighbours, seed 0, against pictures kept out of training')
    await page.get('input[value=pixels]').setValue(true)
    expect(cells(page, 'Distance')).toEqual(['3', '0.1', '9'])
  })

  it('measures pictures from near one’s own as well, where the model knows where that is', async () => {
    const fitted = scores(0.8, 0.8, 0.75, 0.9, 0.85)
    const kinds = { ...quality.kinds!, fitted: { shares: [0.5, 0.2], hit: 2, divergence: 0.01 } }
    const spaces = quality.spaces.map((one) => ({ ...one, fitted }))
    world.evaluation = { ...evaluation, quality: { ...quality, spaces, kinds } }
    const page = show({ abilities: ['encode', 'decode', 'generate'] } as unknown as RecipeCard)
    await (await vi.waitFor(() => page.get('button'))).trigger('click')
    await vi.waitFor(() => expect(page.find('[data-test=verdict]').exists()).toBe(true))
    expect(world.calls.find(({ name }) => name === 'explore.evaluate')!.input).toEqual({ run: 'r1', prior: 'fitted' })
    expect(
      page
        .findAll('table')[0]!
        .findAll('th[scope=col]')
        .map((head) => head.text()),
    ).toEqual(
      ['What is measured', 'Made', 'Near yours', 'Yours', 'Stuck'], // prettier-ignore
    )
    expect(cells(page, 'Distance')).toEqual(['1.23', '0.8', '0.1', '9'])
    expect(cells(page, 'Kinds that appear')).toEqual(['1', '2', '2'])
    expect(cells(page, 'Way to the nearest of yours')).toEqual(['0.52', '0.81'])
  })

  it('says when there are too few pictures, and when the model has learned on since', async () => {
    world.measured = { ...evaluation, step: 60, quality: null, pictures: null, metrics: {}, pcaMse: null }
    const page = show()
    await vi.waitFor(() => expect(page.text()).toContain('There are too few pictures to compare with.'))
    expect(page.find('table').exists()).toBe(false)
    expect(page.get('button').text()).toBe('Measure again')
  })

  it('speaks Chinese', async () => {
    i18n.global.locale.value = 'zh-CN'
    world.measured = evaluation
    const page = show()
    await vi.waitFor(() => expect(page.text()).toContain('你的图片中，附近有生成图片的比例。'))
  })
})

describe('the verdict', () => {
  it.each([
    ['stuck', STUCK],
    ['close', scores(0.11, 0.93, 0.9, 1, 0.95)],
    // Noise: recall is fooled upward, density is not.
    ['strange', scores(10, 0.28, 0.955, 0.08, 0.23)],
    ['strange', scores(30, 0.02, 0.03, 0.01, 0.01)],
    ['narrow', scores(3, 0.9, 0.4, 0.9, 0.5)],
    ['between', scores(1, 0.7, 0.8, 0.7, 0.8)],
  ])('is “%s”', (verdict, made) => {
    expect(verdictOf({ made, real: REAL })).toBe(verdict)
  })
})
