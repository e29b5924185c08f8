// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Ref } from 'vue'
import { StudioError } from '../../../../src/contract/errors'
import type { Job } from '../../../../src/contract/nouns'

const main = vi.hoisted(() => ({
  tell: (_: unknown) => {},
  list: [] as Partial<Job>[],
  connected: null as unknown as Ref<boolean>,
}))
vi.mock('../../../../src/renderer/studio', async () => {
  const { ref } = await import('vue')
  main.connected = ref(true)
  return {
    connected: main.connected,
    follow: (_: unknown, onEvent: (event: unknown) => void) => {
      main.tell = onEvent
      return () => {}
    },
    studio: { jobs: { list: async () => main.list } },
  }
})
const { useJobs } = await import('../../../../src/renderer/stores/jobs')

const job = (change: Partial<Job> = {}): Job => ({
  id: 'j1',
  kind: 'import',
  title: 'Import',
  state: 'running',
  done: 1,
  total: 2,
  unit: 'items',
  secondsLeft: null,
  error: null,
  result: null,
  ...change,
})

let jobs: ReturnType<typeof useJobs>
beforeEach(() => {
  setActivePinia(createPinia())
  main.connected.value = true
  main.list = []
  jobs = useJobs()
  jobs.watch()
})

describe('useJobs', () => {
  it('gives the result, also of a job that ended before it was asked for', async () => {
    main.tell(job({ state: 'done', result: 42 }))
    expect(await jobs.result('j1')).toBe(42)
    const later = jobs.result('j2')
    main.tell(job({ id: 'j2' }))
    main.tell(job({ id: 'j2', state: 'done', result: 43 }))
    expect(await later).toBe(43)
  })

  it('throws a failure with the details of its sentence', async () => {
    const { code, message, hint } = new StudioError('nothing-found', { file: 'Cats' })
    main.tell(job({ state: 'failed', error: { code, message, hint } }))
    await expect(jobs.result('j1')).rejects.toMatchObject({ code: 'nothing-found', details: { file: 'Cats' } })
  })

  it('tells of each end once', () => {
    const ends: string[] = []
    const stop = jobs.onEnd((ended) => ends.push(ended.id))
    main.tell(job())
    main.tell(job({ state: 'done' }))
    main.tell(job({ state: 'done' }))
    // Known to have ended when the page was opened: nothing new.
    main.tell(job({ id: 'old', state: 'done' }))
    stop()
    expect(ends).toEqual(['j1'])
  })

  it('lets no job run for ever when the studio was started anew', async () => {
    main.tell(job())
    main.tell(job({ id: 'j2' }))
    const lost = jobs.result('j1')
    lost.catch(() => {})
    main.list = [job({ id: 'j2' })]
    main.connected.value = false
    await flushPromises()
    main.connected.value = true
    await flushPromises()
    await expect(lost).rejects.toMatchObject({ code: 'studio-away' })
    expect(jobs.running.map((one) => one.id)).toEqual(['j2'])
  })
})
