import { describe, expect, it } from 'vitest'
import { readCheckedBy } from '../../../../src/renderer/rooms/share/checked-by'

describe('readCheckedBy', () => {
  it.each([
    ['onnxruntime 1.30.0, 16 latents', { key: 'latents', program: 'onnxruntime 1.30.0', count: 16 }],
    ['onnxruntime 1.30.0, 16 latents and pictures', { key: 'both', program: 'onnxruntime 1.30.0', count: 16 }],
    ['sharp, all pixels of 64 pictures', { key: 'pixels', program: 'sharp', count: 64 }],
    ['safetensors, all 24 tensors', { key: 'tensors', program: 'safetensors', count: 24 }],
  ])('reads %j', (text, found) => expect(readCheckedBy(text)).toEqual(found))

  it('leaves what it does not know as it is', () => expect(readCheckedBy('somebody, somehow')).toBeNull())
})
