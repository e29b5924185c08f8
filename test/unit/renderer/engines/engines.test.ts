// @vitest-environment happy-dom
/** What the window offers: the best engine, a faster one that is to be had, and a choice between those that are ready. */
import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EngineState } from '../../../../src/contract/engines'
import { i18n } from '../../../../src/renderer/locales'
import EngineChoice from '../../../../src/renderer/rooms/train/EngineChoice.vue'
import { useEngines } from '../../../../src/renderer/stores/engines'

const fake = vi.hoisted(() => ({ list: [] as unknown[], asked: 0 }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  const engines = { list: async () => (fake.asked++, fake.list), install: async () => ({ job: 'j' }) }
  return { connected, follow, studio: { engines, jobs: { watch: async function* () {} } } }
})

const engine = (id: string, change: Partial<EngineState>): EngineState => ({
  id,
  title: id,
  ready: true,
  installable: false,
  installing: false,
  downloadBytes: 0,
  version: '1',
  device: 'CPU',
  memoryBytes: null,
  driver: null,
  untried: false,
  why: '',
  reason: 'installed',
  details: {},
  ...change,
})
const wasm = engine('wasm', { reason: 'built-in' })
const cpu = engine('tensorflow', {})
const gpu = (change: Partial<EngineState>) =>
  engine('tensorflow-gpu', { device: 'RTX', untried: true, downloadBytes: 2.44e9, ...change })
const toFetch = { ready: false, installable: true, reason: 'not-installed' } as const

async function show(language: 'en' | 'zh-CN', ...list: EngineState[]) {
  fake.list = list
  const engines = useEngines()
  await engines.load()
  i18n.global.locale.value = language
  const shown = mount(EngineChoice, { props: { modelValue: false }, global: { plugins: [i18n] } })
  return { engines, shown }
}

beforeEach(() => setActivePinia(createPinia()))
afterEach(() => vi.useRealTimers())

describe('the engine in the wizard', () => {
  it('is the best that is ready, and a faster one is offered with its size', async () => {
    const { shown } = await show('en', gpu(toFetch), cpu, wasm)
    expect(shown.text()).toContain('tensorflow, on CPU')
    expect(shown.get('button').text()).toBe('Get TensorFlow for NVIDIA GPUs (2.4 GB), several times faster')
  })

  it('does not offer a slower one than the one that is ready', async () => {
    const { engines, shown } = await show('en', gpu({}), engine('tensorflow', toFetch), wasm)
    expect(engines.better).toBeNull()
    expect(shown.find('button').exists()).toBe(false)
  })

  it.each([
    ['en', 'Not yet tried on this kind of GPU'],
    ['zh-CN', '尚未在这种 GPU 上试用过'],
  ] as const)('says what nobody has tried, and leaves the choice: %s', async (language, words) => {
    const { engines, shown } = await show(language, engine('webgpu', { reason: 'works', untried: true, device: 'apple' }), wasm)
    expect(shown.text()).toContain(words)
    await shown.get('input[value=wasm]').setValue()
    expect(engines.chosen?.id).toBe('wasm')
    expect(shown.text()).not.toContain(words)
  })

  it('says why a GPU that is there is not used', async () => {
    const old = gpu({ ready: false, reason: 'driver-old', details: { driver: '470.82', needed: '525.60.13' } })
    const { shown } = await show('en', old, cpu, wasm)
    expect(shown.text()).toContain(
      'TensorFlow for NVIDIA GPUs: The NVIDIA driver 470.82 is too old; it needs 525.60.13 or newer.',
    )
    expect(shown.find('button').exists()).toBe(false)
  })

  it('never offers what computes in software', async () => {
    const { engines } = await show('en', cpu, wasm, engine('webgpu', { reason: 'software' }))
    expect(engines.ready.map(({ id }) => id)).toEqual(['tensorflow', 'wasm'])
  })

  it('asks again for what is still being tried', async () => {
    vi.useFakeTimers()
    const before = fake.asked
    await show('en', engine('webgpu', { ready: false, reason: 'checking' }), wasm)
    fake.list = [engine('webgpu', { reason: 'works' }), wasm]
    await vi.advanceTimersByTimeAsync(10_000)
    expect(fake.asked).toBe(before + 2)
    expect(useEngines().best?.id).toBe('webgpu')
  })
})
