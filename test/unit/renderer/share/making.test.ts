// @vitest-environment happy-dom
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { StudioError } from '../../../../src/contract/errors'
import type { ExportResult } from '../../../../src/contract/exports'
import type { Job } from '../../../../src/contract/nouns'

const main = vi.hoisted(() => ({
  tell: (_: unknown) => {},
  list: [] as ExportResult[],
  state: 'done' as Job['state'],
  error: null as Job['error'],
}))

vi.mock('../../../../src/renderer/studio', () => ({
  connected: { value: true, __v_isRef: true },
  follow: (_: unknown, onEvent: (event: unknown) => void) => {
    main.tell = onEvent
    return () => {}
  },
  studio: {
    exports: {
      list: async () => [...main.list],
      start: async ({ run, format }: { run: string; format: ExportResult['format'] }) => {
        const job = {
          id: `j${format}`,
          kind: 'export',
          title: '',
          state: 'running',
          done: 0,
          total: 0,
          unit: 'steps',
          secondsLeft: null,
          error: null,
          result: null,
        }
        main.tell(job)
        setTimeout(() => {
          if (main.state === 'done')
            main.list.unshift({
              id: `e${main.list.length}`,
              run,
              format,
              files: [],
              verified: true,
              maxDifference: 3e-7,
              checkedBy: 'onnxruntime',
            })
          main.tell({ ...job, state: main.state, error: main.error })
        }, 5)
        return { job: job.id }
      },
    },
  },
}))

const { useMaking } = await import('../../../../src/renderer/rooms/share/making')

beforeEach(() => {
  setActivePinia(createPinia())
  Object.assign(main, { list: [], state: 'done', error: null })
})

describe('useMaking', () => {
  it('follows an export until its files are there', async () => {
    const making = useMaking()
    const done = making.start('r1', 'onnx')
    expect(making.of('r1', 'onnx')).toEqual({ job: null, error: null })
    expect(making.of('r1', 'png')).toBeUndefined()
    await done
    expect(making.of('r1', 'onnx')).toBeUndefined()
    expect(making.newest('r1', 'onnx')?.maxDifference).toBe(3e-7)
    expect(making.newest('r2', 'onnx')).toBeUndefined()
  })

  it('shows the newest of several', async () => {
    const making = useMaking()
    await making.start('r1', 'png')
    await making.start('r1', 'png')
    expect(making.newest('r1', 'png')?.id).toBe('e1')
  })

  it('keeps a failure beside the earlier files', async () => {
    const making = useMaking()
    await making.start('r1', 'onnx')
    const { code, message, hint } = new StudioError('export-differs', { difference: '0.3' })
    Object.assign(main, { state: 'failed', error: { code, message, hint } })
    await making.start('r1', 'onnx')
    expect(making.of('r1', 'onnx')?.error?.code).toBe('export-differs')
    expect(making.newest('r1', 'onnx')).toBeDefined()
  })

  it('forgets what was cancelled', async () => {
    main.state = 'cancelled'
    const making = useMaking()
    await making.start('r1', 'png')
    expect(making.of('r1', 'png')).toBeUndefined()
  })
})
