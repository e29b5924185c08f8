// @vitest-environment happy-dom
/** A model that is told what to make, and cannot say where an existing picture lies: sheet, chips and morph. */
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '../../../../src/renderer/locales'
import DescriptionField from '../../../../src/renderer/rooms/explore/DescriptionField.vue'
import MadeSheet from '../../../../src/renderer/rooms/explore/MadeSheet.vue'
import MorphBar from '../../../../src/renderer/rooms/explore/MorphBar.vue'
import TagChips from '../../../../src/renderer/rooms/explore/TagChips.vue'
import { useExplore } from '../../../../src/renderer/stores/explore'
import { latentOf } from '../../../support/faces'
import { runOf, type World } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

let world: World
const last = (name: string) => world.calls.findLast((call) => call.name === `explore.${name}`)!.input
const settled = async () => {
  await new Promise((resolve) => setTimeout(resolve, 20))
  await flushPromises()
}
async function open() {
  const explore = useExplore()
  await explore.open(world.runs.get('r1')!)
  await settled()
  return explore
}

beforeEach(async () => {
  i18n.global.locale.value = 'en'
  const { fakeStudio } = await import('../../../support/fake-studio')
  const made = fakeStudio()
  fake.studio = made.studio
  world = made.world
  world.runs.set('r1', runOf({ step: 100, status: 'finished' }))
  const tags = ['smile', 'hair-black', 'hair-red', 'hat']
  world.model = { abilities: ['decode', 'generate'], condition: { by: 'tags', tags, groups: [['hair-black', 'hair-red']] } }
  const pinia = createPinia()
  setActivePinia(pinia)
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 1))
  vi.stubGlobal('matchMedia', () => ({ matches: true }))
})
afterEach(() => vi.unstubAllGlobals())

describe('a model that is told what to make', () => {
  it('opens without a map, on the first of the pictures that it makes, with what it was told of that one', async () => {
    const explore = await open()
    expect(explore.error).toBeNull()
    expect(world.calls.some((call) => call.name === 'explore.map')).toBe(false)
    expect(explore.made?.pictures.count).toBe(24)
    expect(explore.latent).toEqual(latentOf(0))
    expect(explore.tags).toEqual(['smile'])
    expect(last('decode')).toMatchObject({ tags: ['smile'] })

    const sheet = mount(MadeSheet, { global: { plugins: [i18n] } })
    await sheet.findAll('li button')[2]!.trigger('click')
    expect(explore.latent).toEqual(latentOf(2))
    expect(explore.tags).toEqual(['hair-red'])
    await explore.undo()
    expect(explore.tags).toEqual(['smile'])
  })

  it('has chips: any at once, but one of those that exclude each other; the latent stays', async () => {
    const explore = await open()
    const chips = mount(TagChips, { global: { plugins: [i18n] } })
    const chip = (text: string) => chips.findAll('button').find((one) => one.text().toLowerCase() === text)!
    const pressed = () => chips.findAll('[aria-pressed="true"]').map((one) => one.text().toLowerCase())
    expect(chips.findAll('[role="group"]')).toHaveLength(2)
    expect(pressed()).toEqual(['smile'])
    for (const text of ['black hair', 'hat', 'red hair']) await chip(text).trigger('click')
    expect(pressed()).toEqual(['red hair', 'smile', 'hat'])
    expect(explore.latent).toEqual(latentOf(0))
    await settled()
    expect(last('decode')).toMatchObject({ tags: ['smile', 'hat', 'hair-red'] })
    expect(last('generate')).toMatchObject({ tags: ['smile', 'hat', 'hair-red'], exactly: true, seed: 0 })
    await chip('smile').trigger('click')
    expect(explore.tags).toEqual(['hat', 'hair-red'])
    await explore.surprise(9)
    expect(last('generate')).toMatchObject({ count: 1, seed: 9, tags: ['hat', 'hair-red'], exactly: true })
    expect(explore.tags).toEqual(['hat', 'hair-red'])
  })

  it('morphs from one choice to another at the same latent', async () => {
    const explore = await open()
    const bar = mount(MorphBar, { props: { choosing: null }, global: { plugins: [i18n], stubs: { IconButton: true } } })
    await bar.get('[data-test="morph"]').trigger('click')
    await settled()
    explore.tell({ tags: ['hat'] })
    await bar.get('[data-test="morph"]').trigger('click')
    await settled()
    expect(last('morph')).toMatchObject({ from: latentOf(0), to: latentOf(0), tags: ['smile'], toTags: ['hat'], spherical: true })
    expect(explore.tags).toEqual(['smile'])
    explore.morphTo(0.75)
    await settled()
    expect(last('decode')).toMatchObject({ tags: ['smile'], toTags: ['hat'], share: 0.75 })
    expect(explore.tags).toEqual(['hat'])
    bar.unmount()
  })

  it('takes a description, and names the words that it never met', async () => {
    world.model.condition = { by: 'text', words: ['black', 'hair', 'smile'] }
    const explore = await open()
    expect(explore.choice).toEqual({ text: 'black hair smile' })
    const field = mount(DescriptionField, { global: { plugins: [i18n] } })
    await field.get('input').setValue('green hair')
    await field.get('form').trigger('submit')
    expect(field.text()).toContain('It never met these words: green.')
    expect(explore.choice).toEqual({ text: 'black hair smile' })
    await field.get('input').setValue('Black HAIR')
    await field.get('form').trigger('submit')
    await settled()
    expect(last('decode')).toMatchObject({ text: 'Black HAIR' })
    expect(last('generate')).toMatchObject({ text: 'Black HAIR' })
  })

  it('says what it is in Chinese too', async () => {
    i18n.global.locale.value = 'zh-CN'
    await open()
    expect(mount(TagChips, { global: { plugins: [i18n] } }).text()).toMatch(/画什么/)
    expect(mount(MadeSheet, { global: { plugins: [i18n] } }).text()).toMatch(/各种都有/)
  })
})
