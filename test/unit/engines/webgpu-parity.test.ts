import { vi } from 'vitest'
import { graphicsEnvironment } from '../../support/graphics'
import { parity } from './parity'

// Without a graphics device every program is compiled for the processor, at up to a second each.
vi.setConfig({ testTimeout: 240_000 })
Object.assign(process.env, graphicsEnvironment())
await parity('webgpu')
