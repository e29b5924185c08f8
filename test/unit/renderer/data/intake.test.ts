// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { StudioError } from '../../../../src/contract/errors'
import type { Job } from '../../../../src/contract/nouns'

const main = vi.hoisted(() => ({
  calls: [] as [string, unknown][],
  tell: (_: unknown) => {},
  project: null as { id: string } | null,
  outcome: 'done' as Job['state'],
  error: null as Job['error'],
  grants: async () => ['g'] as string[],
}))

vi.mock('../../../../src/renderer/studio', () => {
  const job = (kind: Job['kind']) => {
    const running = {
      id: 'j1',
      kind,
      title: kind,
      state: 'running',
      done: 1,
      total: 2,
      unit: 'items',
      secondsLeft: null,
      error: null,
      result: null,
    }
    main.tell(running)
    setTimeout(() => main.tell({ ...running, state: main.outcome, error: main.error, result: { dataset: 'd1', added: 2 } }), 5)
    return { job: 'j1' }
  }
  const note = (name: string, input: unknown) => void main.calls.push([name, input])
  return {
    connected: { value: true, __v_isRef: true },
    follow: (_: unknown, onEvent: (event: unknown) => void) => {
      main.tell = onEvent
      return () => {}
    },
    grantsOfDrop: () => main.grants(),
    chooseFiles: () => main.grants(),
    studio: {
      projects: {
        create: async (input: { name: string }) => {
          note('create', input)
          return (main.project = { id: 'p1' })
        },
        current: async () => main.project,
        recent: async () => [],
      },
      datasets: {
        list: async () => [{ id: 'd1', items: 2 }],
        versions: async () => [],
        tags: async () => [],
        quarantined: async () => [],
        import: async (input: unknown) => (note('import', input), job('import')),
        sample: async (input: unknown) => (note('sample', input), job('sample')),
      },
      jobs: { cancel: async (input: unknown) => note('cancel', input) },
    },
  }
})

const { useIntake } = await import('../../../../src/renderer/rooms/data/intake')
const { useDatasets } = await import('../../../../src/renderer/stores/datasets')
const { useProjects } = await import('../../../../src/renderer/stores/projects')

beforeEach(() => {
  setActivePinia(createPinia())
  Object.assign(main, { calls: [], project: null, outcome: 'done', error: null, grants: async () => ['g'] })
})

describe('useIntake', () => {
  it('makes a project for what was dropped where none is open, and shows what came of it', async () => {
    const intake = useIntake()
    const result = await intake.drop({} as DataTransfer, { project: 'Cats', name: 'Cats' })
    expect(main.calls).toEqual([
      ['create', { name: 'Cats' }],
      ['import', { grants: ['g'], name: 'Cats' }],
    ])
    expect(result?.added).toBe(2)
    expect(useDatasets().current?.id).toBe('d1')
    expect(useProjects().current?.id).toBe('p1')
    expect(intake.busy).toBe(false)
  })

  it('adds to a dataset of the open project', async () => {
    await useProjects().create('Mine')
    main.calls = []
    await useIntake().choose(true, { project: 'unused', dataset: 'd1' })
    expect(main.calls).toEqual([['import', { grants: ['g'], dataset: 'd1' }]])
  })

  it('makes no empty project when nobody chose anything', async () => {
    main.grants = async () => []
    expect(await useIntake().choose(true, { project: 'Cats' })).toBeNull()
    expect(main.calls).toEqual([])
  })

  it('draws the sample into a project of its own', async () => {
    await useIntake().faces('Cartoon faces')
    expect(main.calls).toEqual([
      ['create', { name: 'Cartoon faces' }],
      ['sample', { sample: 'cartoon-faces', count: 2000 }],
    ])
  })

  it('keeps a failure to say it', async () => {
    const { code, message, hint } = new StudioError('nothing-found', { file: 'Cats' })
    Object.assign(main, { outcome: 'failed', error: { code, message, hint } })
    const intake = useIntake()
    expect(await intake.drop({} as DataTransfer, { project: 'Cats' })).toBeNull()
    expect(intake.error?.code).toBe('nothing-found')
    expect(intake.error?.details).toEqual({ file: 'Cats' })
    expect(intake.busy).toBe(false)
  })

  it('keeps the failure of an upload, too', async () => {
    main.grants = () => Promise.reject(new StudioError('studio-away'))
    const intake = useIntake()
    await intake.drop({} as DataTransfer, { project: 'Cats' })
    expect(intake.error?.code).toBe('studio-away')
  })

  it('says nothing when it was cancelled', async () => {
    main.outcome = 'cancelled'
    const intake = useIntake()
    expect(await intake.faces('Faces')).toBeNull()
    expect(intake.error).toBeNull()
  })
})
