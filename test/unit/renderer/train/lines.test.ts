// @vitest-environment happy-dom
/** A run on texts on screen: what it writes over time, and where only models of pictures belong. */
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Sample } from '../../../../src/contract/nouns'
import { i18n } from '../../../../src/renderer/locales'
import { linesOf } from '../../../../src/renderer/rooms/train/lines'
import SampleLines from '../../../../src/renderer/rooms/train/SampleLines.vue'
import { sheetOf } from '../../../../src/renderer/rooms/train/sheets'
import { useDatasets } from '../../../../src/renderer/stores/datasets'
import { useRuns } from '../../../../src/renderer/stores/runs'
import { fakeStudio, runOf } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

const at = (step: number): Sample => ({ run: 'r1', step, sheets: [{ name: 'lines', count: 2 }] })
const waiting = new Map<string, (lines: string[]) => void>()
beforeEach(() => {
  setActivePinia(createPinia())
  const answer = (address: string) =>
    new Promise((resolve) => waiting.set(address, (lines) => resolve({ ok: true, json: async () => lines })))
  vi.stubGlobal('fetch', vi.fn(answer))
})
afterEach(() => {
  vi.unstubAllGlobals()
  waiting.clear()
})
const arrive = async (step: number, lines: string[]) => {
  waiting.get(`/media/samples/r1/${step}/lines.json`)!(lines)
  await flushPromises()
}

describe('lines of a run', () => {
  it('are found in samples of texts alone', () => {
    expect(linesOf(at(30))).toBe('/media/samples/r1/30/lines.json')
    expect(sheetOf(at(30), 'generated')).toBeNull()
    const sheets: Sample['sheets'] = [{ name: 'generated', count: 1, columns: 1, width: 4, height: 4 }]
    expect(linesOf({ ...at(30), sheets })).toBeNull()
    expect(linesOf(null)).toBeNull()
  })

  it('are shown when they have arrived, and stay until newer ones have', async () => {
    const page = mount(SampleLines, { props: { sample: null }, global: { plugins: [i18n] } })
    expect(page.text()).toContain('The first texts appear in a moment.')
    await page.setProps({ sample: at(10) })
    await arrive(10, ['to be', ''])
    expect(page.findAll('li').map((line) => line.text())).toEqual(['to be', 'nothing yet'])
    await page.setProps({ sample: at(20) })
    expect(page.findAll('li')[0]!.text()).toBe('to be')
    // A line that comes late does not replace what was asked for since.
    await page.setProps({ sample: at(30) })
    await arrive(30, ['or not', 'to be'])
    await arrive(20, ['late', 'late'])
    expect(page.findAll('li').map((line) => line.text())).toEqual(['or not', 'to be'])
  })
})

describe('models of texts', () => {
  it('are not offered where pictures are explored', async () => {
    const { studio, world } = fakeStudio()
    fake.studio = studio
    const faces = world.datasets[0]!
    world.datasets.push({ ...faces, id: 'words', kind: 'texts' })
    for (const [id, dataset] of [
      ['a', 'words'],
      ['b', faces.id],
    ] as const)
      world.runs.set(id, runOf({ id, dataset, status: 'finished', step: 10 }))
    await useDatasets().load()
    const runs = useRuns()
    await runs.refresh()
    expect(runs.list).toHaveLength(2)
    expect(runs.explorable.map(({ id }) => id)).toEqual(['b'])
  })
})
