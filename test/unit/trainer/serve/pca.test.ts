import '../../../support/backend'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { memory } from '../../../../src/nn/ops'
import { principalComponents, reconstructionError } from '../../../../src/nn/latent/principal'
import { openPictures, range } from '../../../../src/trainer/items'
import { pcaError } from '../../../../src/trainer/serve/pca'
import { room, writeVersion } from '../support'

const breathe = async () => {}

describe('the error of PCA', () => {
  it('equals that of the exact eigenvectors', async () => {
    const folder = room()
    const items = openPictures(writeVersion(join(folder, 'version'), 120, 20, 7, 2))
    const [train, test] = [range(0, 100), range(100, 120)]
    const tensors = memory().numTensors
    const exact = principalComponents(items.floats(train), 100, items.each, 9)
    const expected = reconstructionError(exact, items.floats(test), 20)
    expect(await pcaError(items, train, test, 9, breathe)).toBeCloseTo(expected, 6)
    // As many components as pixels lose nothing of what the training items span.
    expect(await pcaError(items, range(0, 120), range(0, 120), items.each, breathe)).toBeLessThan(1e-6)
    expect(memory().numTensors).toBe(tensors)
    items.close()
    rmSync(folder, { recursive: true })
  })

  it('comes out nearly the same without forming the covariance', async () => {
    const folder = room()
    const items = openPictures(writeVersion(join(folder, 'version'), 40, 8, 40, 3))
    expect(items.each).toBeGreaterThan(4096)
    const [train, test] = [range(0, 32), range(32, 40)]
    const exact = principalComponents(items.floats(train), 32, items.each, 31)
    const expected = reconstructionError(exact, items.floats(test), 8)
    expect(Math.abs((await pcaError(items, train, test, 31, breathe)) / expected - 1)).toBeLessThan(1e-3)
    items.close()
    rmSync(folder, { recursive: true })
  })
})
