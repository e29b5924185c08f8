// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref, type EffectScope } from 'vue'
import { StudioError } from '../../../../src/contract/errors'
import type { Item } from '../../../../src/contract/nouns'
import { useItems, type ItemWindow } from '../../../../src/renderer/rooms/data/items'

const asked: { offset: number; tag: string | undefined }[] = []
let total = 100_000
let broken = false
vi.mock('../../../../src/renderer/studio', () => ({
  studio: {
    datasets: {
      items: async ({ offset, limit, tag }: { offset: number; limit: number; tag?: string }) => {
        asked.push({ offset, tag })
        if (broken) throw new StudioError('studio-away')
        const items: Partial<Item>[] = []
        for (let place = offset; place < Math.min(total, offset + limit); place++) items.push({ id: `${tag ?? 'i'}${place}` })
        return { total, items }
      },
    },
  },
}))

let scope: EffectScope
let items: ItemWindow
const source = ref<{ dataset: string; tag: string | null; changes: number } | null>({ dataset: 'd', tag: null, changes: 0 })

beforeEach(async () => {
  scope?.stop()
  total = 100_000
  broken = false
  source.value = { dataset: 'd', tag: null, changes: 0 }
  scope = effectScope()
  items = scope.run(() => useItems(() => source.value))!
  await flushPromises()
  asked.length = 0
})

describe('useItems', () => {
  it('reads only what comes into sight, and each page once', async () => {
    expect(items.total.value).toBe(100_000)
    await items.want(50_000, 50_060)
    await items.want(50_010, 50_070)
    expect(asked).toEqual([{ offset: 50_000, tag: undefined }])
    expect(items.at(50_042)?.id).toBe('i50042')
    expect(items.at(70_000)).toBeUndefined()
  })

  it('forgets what is far away', async () => {
    for (let place = 0; place < 30_000; place += 250) await items.want(place, place + 249)
    expect(items.at(0)).toBeUndefined()
    expect(items.at(29_900)?.id).toBe('i29900')
    await items.want(0, 10)
    expect(items.at(0)?.id).toBe('i0')
  })

  it('shows the old pictures until the new ones are there', async () => {
    total = 99_999
    source.value = { dataset: 'd', tag: null, changes: 1 }
    await Promise.resolve()
    expect(items.at(0)?.id).toBe('i0')
    await flushPromises()
    expect(items.total.value).toBe(99_999)
  })

  it('shows nothing of another tag', async () => {
    source.value = { dataset: 'd', tag: 'hat', changes: 0 }
    await Promise.resolve()
    expect(items.at(0)).toBeUndefined()
    await flushPromises()
    expect(items.at(0)?.id).toBe('hat0')
  })

  it('finds the ids of chosen places, in sight or not', async () => {
    expect(await items.idsOf([1, 99_999, 260])).toEqual(['i1', 'i99999', 'i260'])
  })

  it('tells when it cannot read, and tries again when asked', async () => {
    broken = true
    await items.want(1000, 1010)
    expect(items.error.value?.code).toBe('studio-away')
    broken = false
    await items.want(1000, 1010)
    expect(items.error.value).toBeNull()
    expect(items.at(1000)?.id).toBe('i1000')
  })
})
