// @vitest-environment happy-dom
/** The choices about how pictures are shown to a model, about its kind and its ready-made settings. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { TooltipProvider } from 'reka-ui'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, type Component } from 'vue'
import type { RecipeCard } from '../../../../src/contract/recipes'
import { i18n } from '../../../../src/renderer/locales'
import AdvancedPanel from '../../../../src/renderer/rooms/train/AdvancedPanel.vue'
import { useDraft } from '../../../../src/renderer/rooms/train/draft'
import FeedChoices from '../../../../src/renderer/rooms/train/FeedChoices.vue'
import LengthStep from '../../../../src/renderer/rooms/train/LengthStep.vue'
import RecipeChoice from '../../../../src/renderer/rooms/train/RecipeChoice.vue'
import { useDatasets } from '../../../../src/renderer/stores/datasets'
import type { World } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

const text = (en: string) => ({ en, 'zh-CN': en })
const card = (id: string, change: Partial<RecipeCard> = {}): RecipeCard => ({
  id,
  title: text(id.toUpperCase()),
  summary: text(`What ${id} is.`),
  about: { for: text(''), articles: text('') },
  paper: 'A paper',
  data: ['images'],
  goals: ['more-like-these', 'morph'],
  likelihood: 'bound',
  prior: 'normal',
  abilities: [],
  converges: true,
  training: {},
  settings: { properties: { width: { type: 'integer', default: 32, title: text('Width'), level: 'basic' } } },
  rules: [],
  presets: [],
  parts: {},
  stages: [],
  ...change,
})
const article = { id: 'article', title: text('As in the article'), help: text('Small and old.'), settings: { width: 128 }, training: { learningRate: 0.01 } } // prettier-ignore
const gan = card('gan', { converges: false, goals: ['more-like-these'], training: { beta1: 0.5 }, presets: [article] })
const training = { properties: { beta1: { type: 'number', default: 0.9, title: text('Beta'), level: 'basic' } } }

let world: World
function show(component: Component, props: Record<string, unknown> = {}): VueWrapper {
  const root = defineComponent(() => () => h(TooltipProvider, () => h(component, props)))
  return mount(root, { global: { plugins: [i18n] }, attachTo: document.body })
}
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((later) => setTimeout(later, 5))
    await flushPromises()
  }
}
const open = async (wrapper: VueWrapper) => {
  await wrapper.get('button[aria-expanded]').trigger('click')
  await settled()
}

beforeEach(async () => {
  document.body.innerHTML = ''
  i18n.global.locale.value = 'en'
  const { fakeStudio } = await import('../../../support/fake-studio')
  const made = fakeStudio({ recipes: [card('vae'), gan, card('flow')], training })
  fake.studio = made.studio
  world = made.world
  setActivePinia(createPinia())
  await useDatasets().load()
  await useDraft().loadCatalogue()
  await useDraft().suggest()
})

describe('how the pictures are shown', () => {
  it('asks for nothing until it is opened', async () => {
    const wrapper = show(FeedChoices)
    await settled()
    expect(wrapper.text()).toContain('as they are')
    expect(world.calls.map(({ name }) => name)).not.toContain('versions.classes')
    await open(wrapper)
    expect(world.calls.find(({ name }) => name === 'versions.classes')?.input).toEqual({ version: 'v1' })
  })

  it('shows what each way makes of each kind, and takes one', async () => {
    const wrapper = show(FeedChoices)
    await open(wrapper)
    const rows = () => wrapper.findAll('tbody tr, tfoot tr').map((row) => row.findAll('th, td').map((cell) => cell.text()))
    expect(rows()).toEqual([
      ['smile', '1,000', '1,000 × 0.9', '800', '1,000'],
      ['none of these tags', '800', '800 × 1.13', '800', '1,000'],
      ['Pictures a round', '1,800', '1,800', '1,600', '2,000'],
    ])
    const draft = useDraft()
    expect(draft.balance).toBeNull()
    await wrapper.get('input[value=repeat]').setValue()
    expect(draft.balance).toEqual({ by: 'repeat', tags: ['smile'] })
    expect(wrapper.get('button[aria-expanded]').text()).toContain('Repeat the rare')
    expect(wrapper.text()).toContain('Rare pictures come several times a round')
    await wrapper.get('input[value=none]').setValue()
    expect(draft.balance).toBeNull()
  })

  it('tells the kinds apart by other tags when asked, and keeps the way', async () => {
    const wrapper = show(FeedChoices)
    await open(wrapper)
    await wrapper.get('input[value=weights]').setValue()
    const select = wrapper.get('select')
    expect(select.findAll('option').map((option) => option.text())).toEqual([
      'with and without “smile”',
      'with and without “glasses”',
    ])
    await select.setValue('1')
    await settled()
    expect(wrapper.text()).toContain('30 × 30')
    expect(useDraft().balance).toEqual({ by: 'weights', tags: ['glasses'] })
  })

  it('says so where no tags tell kinds apart', async () => {
    const studio = fake.studio as { versions: { classes: unknown } }
    const classes = () => Promise.resolve({ groups: [], dividing: [], tags: [], classes: [] })
    fake.studio = new Proxy(studio, { get: (all, area) => (area === 'versions' ? { ...all.versions, classes } : Reflect.get(all, area) as unknown) }) // prettier-ignore
    const wrapper = show(FeedChoices)
    await open(wrapper)
    expect(wrapper.text()).toContain('no tags that tell one kind from another')
    expect(wrapper.find('table').exists()).toBe(false)
  })

  it('draws what a choice of variations makes of a picture, and warns of mirrored letters', async () => {
    const wrapper = show(FeedChoices)
    await open(wrapper)
    expect(wrapper.findAll('canvas')).toHaveLength(0)
    await wrapper.get('input[value=light]').setValue(true)
    await settled()
    expect(wrapper.findAll('canvas')).toHaveLength(16)
    expect(wrapper.find('[data-test=flip]').exists()).toBe(false)
    await wrapper.get('input[value=flip]').setValue(true)
    await settled()
    expect(world.calls.filter(({ name }) => name === 'versions.vary').at(-1)?.input).toEqual({ version: 'v1', augment: ['light', 'flip'], items: 2, each: 7 }) // prettier-ignore
    expect(wrapper.get('[data-test=flip]').text()).toContain('Mirrored letters and digits')
    expect(useDraft().augment).toEqual(['light', 'flip'])
  })

  it('forgets how to even out when the pictures are others', async () => {
    const draft = useDraft()
    draft.balance = { by: 'remove', tags: ['smile'] }
    world.datasets = [...world.datasets, { ...world.datasets[0]!, id: 'd2', createdAt: 99 }]
    await useDatasets().load()
    expect(draft.dataset?.id).toBe('d2')
    expect(draft.balance).toBeNull()
  })
})

describe('the kind of model', () => {
  it('is suggested with a reason, and the others are a click away', async () => {
    const wrapper = show(RecipeChoice)
    const titles = () => wrapper.findAll<HTMLInputElement>('input[type=radio]').map(({ element }) => element.value)
    expect(titles()).toEqual(['vae'])
    expect(wrapper.get('[data-test=why]').text()).toBe(
      'Suggested because it learns steadily, and shows within a minute what it can do.',
    )
    const more = wrapper.get('button[aria-expanded]')
    expect(more.text()).toBe('2 other kinds of models')
    await more.trigger('click')
    expect(titles()).toEqual(['vae', 'gan', 'flow'])
    await wrapper.get('input[value=gan]').setValue()
    expect(useDraft().recipe?.id).toBe('gan')
    // What was chosen stays in sight.
    await more.trigger('click')
    expect(titles()).toEqual(['vae', 'gan', 'flow'])
  })

  it('needs no words where there is only one', () => {
    useDraft().goal = 'morph'
    useDraft().catalogue = [card('vae')]
    const wrapper = show(RecipeChoice)
    expect(wrapper.findAll('input')).toHaveLength(1)
    expect(wrapper.find('[data-test=why]').exists()).toBe(false)
    expect(wrapper.find('button[aria-expanded]').exists()).toBe(false)
  })

  it('keeps what was chosen by hand for itself', () => {
    const draft = useDraft()
    draft.settings = { width: 64 }
    draft.chosenRecipe = 'gan'
    expect(draft.settings).toEqual({})
    draft.training = { beta1: 0.1 }
    draft.chosenRecipe = 'vae'
    expect([draft.settings, draft.training]).toEqual([{ width: 64 }, {}])
    draft.preset()
    expect(draft.settings).toEqual({})
  })

  it('that never settles is trained thoroughly by the clock, and says so', () => {
    const draft = useDraft()
    draft.length = 'thorough'
    expect(draft.stop).toEqual({ by: 'converged' })
    expect(show(LengthStep).text()).toContain('Until it hardly improves any more')
    draft.chosenRecipe = 'gan'
    expect(draft.stop).toEqual({ by: 'minutes', minutes: 30 })
    expect(show(LengthStep).text()).toContain('About half an hour. Two networks play against each other here')
  })
})

describe('all settings', () => {
  const panel = () => show(AdvancedPanel, { needs: { ...world.needs, defaults: { width: 48 } }, busy: false, error: null, valid: true }) // prettier-ignore
  const shown = (wrapper: VueWrapper, key: string) => wrapper.get<HTMLInputElement>(`[data-setting=${key}] input`).element.value

  it('begin with what the data and the recipe suggest', () => {
    useDraft().chosenRecipe = 'gan'
    const wrapper = panel()
    expect(shown(wrapper, 'width')).toBe('48')
    expect(shown(wrapper, 'beta1')).toBe('0.5')
  })

  it('offer the recipe’s ready-made choices, which stay chosen with more beside them', async () => {
    const draft = useDraft()
    expect(panel().find('select').exists()).toBe(false)
    draft.chosenRecipe = 'gan'
    const wrapper = panel()
    const select = wrapper.get('select')
    expect(select.findAll('option').map((option) => option.text())).toEqual(['What is suggested', 'As in the article'])
    await select.setValue('article')
    expect([draft.settings, draft.training]).toEqual([{ width: 128 }, { learningRate: 0.01 }])
    expect(wrapper.text()).toContain('Small and old.')
    draft.training = { ...draft.training, beta1: 0.2 }
    await flushPromises()
    expect(select.element.value).toBe('article')
    draft.settings = { width: 16 }
    await flushPromises()
    expect(select.element.value).toBe('')
    await select.setValue('article')
    await select.setValue('')
    expect([draft.settings, draft.training]).toEqual([{}, {}])
  })
})
