// @vitest-environment happy-dom
/** What a person sees of memory: the hint before a training, and the card of one that ran out of it. */
import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { TooltipProvider } from 'reka-ui'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, type Component } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { StudioError } from '../../../../src/contract/errors'
import { i18n } from '../../../../src/renderer/locales'
import { useDraft } from '../../../../src/renderer/rooms/train/draft'
import MemoryHint from '../../../../src/renderer/rooms/train/MemoryHint.vue'
import RunView from '../../../../src/renderer/rooms/train/RunView.vue'
import { useRuns } from '../../../../src/renderer/stores/runs'
import type { World } from '../../../support/fake-studio'
import { runOf } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

const routes = [{ path: '/', name: 'explore', component: { render: () => null } }]
const router = createRouter({ history: createMemoryHistory(), routes })
let world: World

function show(component: Component, props: Record<string, unknown>): VueWrapper {
  const root = defineComponent(() => () => h(TooltipProvider, () => h(component, props)))
  return mount(root, { global: { plugins: [i18n, router] }, attachTo: document.body })
}

beforeEach(async () => {
  document.body.innerHTML = ''
  i18n.global.locale.value = 'en'
  const { fakeStudio } = await import('../../../support/fake-studio')
  const made = fakeStudio()
  fake.studio = made.studio
  world = made.world
  setActivePinia(createPinia())
})

describe('the hint about memory', () => {
  const short = { needed: 30.2e9, there: 24e9 }
  const hint = (change: object): VueWrapper => show(MemoryHint, { needs: { ...world.needs, ...change } })

  it('says nothing where all fits', () => {
    expect(hint({}).text()).toBe('')
  })

  it.each([
    ['tight', /may be more than the memory that is free.*needs about 30\.2 GB, and 24 GB are free right now/],
    ['computer', /more than the memory of this computer.*this computer has 24 GB, so it cannot be trained/],
    ['engine', /more than the engine can hold.*the engine can hold 24 GB/],
  ])('says what is short where it is %s', (fit, sentence) => {
    expect(hint({ fit, short }).text()).toMatch(sentence)
  })

  it('has a button for each way that fits, and none where nothing does', async () => {
    const none = hint({ fit: 'computer', short })
    expect(none.findAll('button')).toHaveLength(0)
    expect(none.text()).toContain('A smaller model would fit')

    const draft = useDraft()
    draft.training = { learningRate: 0.01 }
    const used = vi.fn()
    const both = show(MemoryHint, {
      needs: { ...world.needs, fit: 'computer', short, remedies: { batchSize: 16, size: 64 } },
      onUsed: used,
    })
    expect(both.findAll('button').map((button) => button.text())).toEqual(['Use a batch of 16', 'Use 64 px'])
    await both.findAll('button')[0]!.trigger('click')
    expect(draft.training).toEqual({ learningRate: 0.01, batchSize: 16 })
    await both.findAll('button')[1]!.trigger('click')
    draft.suggested = { size: 128, colour: 'rgb', fit: 'cover', testShare: 0.1, seed: 0 }
    expect(draft.preparation?.size).toBe(64)
    expect(used).toHaveBeenCalledTimes(2)
  })

  it('speaks Chinese', () => {
    i18n.global.locale.value = 'zh-CN'
    expect(hint({ fit: 'computer', short, remedies: { batchSize: 16, size: null } }).text()).toContain('批大小改为 16')
  })
})

describe('a training that ran out of memory', () => {
  const error = new StudioError('out-of-memory').toJSON()
  const failed = (change: object = {}) => runOf({ status: 'failed', step: 40, error, ...change })

  it('goes on with half the batch at one click, as a training of its own', async () => {
    const run = failed({ id: 'parent' })
    world.runs.set(run.id, run)
    const opened = vi.fn()
    const page = show(RunView, { run, onOpen: opened })
    expect(page.get('[role=alert]').text()).toContain(
      'The memory was not enough for this training. Its last saved state is safe.',
    )
    const half = run.training.batchSize / 2
    const button = page.get('[data-test=halve]')
    expect(button.text()).toBe(`Go on with half the batch (${half})`)
    await button.trigger('click')
    await vi.waitFor(() => expect(opened).toHaveBeenCalled())
    expect(world.calls.filter(({ name }) => name === 'runs.branch')).toEqual([
      { name: 'runs.branch', input: { run: run.id, training: { batchSize: half } } },
    ])
    const begun = useRuns().list.find(({ origin }) => origin?.run === run.id)!
    expect(opened).toHaveBeenCalledWith(begun.id)

    const next = show(RunView, { run: begun })
    expect(next.text()).toContain(`what ${run.name} knew at step 40`)
    expect(next.text()).toContain('not that training’s exact continuation')
  })

  it('offers no half of one, and no halving after other failures', () => {
    const one = failed({ training: { ...failed().training, batchSize: 1 } })
    expect(show(RunView, { run: one }).find('[data-test=halve]').exists()).toBe(false)
    expect(show(RunView, { run: one }).text()).toContain('The memory was not enough')
    const other = failed({ error: new StudioError('trainer-crashed').toJSON() })
    expect(show(RunView, { run: other }).find('[data-test=halve]').exists()).toBe(false)
  })
})
