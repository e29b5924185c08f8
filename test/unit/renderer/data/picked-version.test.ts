import { createPinia, setActivePinia } from 'pinia'
import { expect, it, vi } from 'vitest'
import { useDraft } from '../../../../src/renderer/rooms/train/draft'
import { useDatasets } from '../../../../src/renderer/stores/datasets'
import { fakeStudio } from '../../../support/fake-studio'

const fake = vi.hoisted(() => ({ studio: null as unknown }))
vi.mock('../../../../src/renderer/studio', async () => {
  const { connected, follow } = await import('../../../support/fake-studio')
  return { connected, follow, studio: new Proxy({}, { get: (_, area) => (fake.studio as Record<PropertyKey, unknown>)[area] }) }
})

it('a version picked in the data room is trained on as it is, until the choices name another', async () => {
  const { studio, world } = fakeStudio()
  fake.studio = studio
  setActivePinia(createPinia())
  const datasets = useDatasets()
  await datasets.load()
  const draft = useDraft()
  await draft.suggest()
  // Frozen of other pictures than there are now: freezing again would make another version of it.
  const version = { ...datasets.versions[0]!, id: 'older', items: 1990 }
  draft.pickVersion(version)
  expect((await draft.prepare()).id).toBe('older')
  expect(world.calls.some((call) => call.name === 'datasets.freeze')).toBe(false)

  draft.choosePreparation({ size: 32 })
  expect((await draft.prepare()).id).not.toBe('older')
  draft.pickVersion(version)
  draft.preset()
  expect((await draft.prepare()).id).not.toBe('older')
})
