import { describe, expect, it } from 'vitest'
import { StudioError } from '../../../src/contract/errors'
import { failure } from '../../../src/trainer/failure'

describe('a failure', () => {
  it('keeps a named error and tells its causes', () => {
    const told = failure(new StudioError('loss-not-finite', { step: 12 }, { cause: new Error('the reason') }))
    expect(told).toMatchObject({ code: 'loss-not-finite', details: { step: 12 } })
    expect(told.stack).toContain('caused by: Error: the reason')
  })

  it.each([
    [new RangeError('Array buffer allocation failed'), 'out-of-memory'],
    [new Error('Aborted(OOM). Build with -sASSERTIONS for more info.'), 'out-of-memory'],
    [new Error('OOM when allocating tensor with shape[4096,4096]'), 'out-of-memory'],
    [new Error('no room for a tensor of shape [4096, 4096]'), 'out-of-memory'],
    [new Error('RESOURCE_EXHAUSTED: failed to allocate request for 2.0GiB'), 'out-of-memory'],
    [new Error('CUDA_ERROR_OUT_OF_MEMORY: out of memory'), 'out-of-memory'],
    [new Error('the graphics device is out of memory: Failed to allocate memory for buffer'), 'out-of-memory'],
    [new Error('out of memory'), 'out-of-memory'],
    [new Error('the graphics device was lost: the driver was reset'), 'device-lost'],
    [Object.assign(new Error('no space left'), { code: 'ENOSPC' }), 'disk-full'],
    [new TypeError('x is not a function'), 'unexpected'],
    ['a string', 'unexpected'],
  ])('recognises %s', (thrown, code) => {
    expect(failure(thrown).code).toBe(code)
  })
})
