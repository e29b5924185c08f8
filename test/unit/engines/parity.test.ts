import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { engines } from '../../../src/engines/index'
import { references } from '../../support/references'
import { requirements } from './parity-cases'

it.each(Object.keys(engines))('the %s engine is held to the definitions of its kernels', (id) => {
  expect(existsSync(join(import.meta.dirname, `${id}-parity.test.ts`))).toBe(true)
})

it('every definition is asked of the engines', () => {
  expect(Object.keys(references).filter((kernel) => !(kernel in requirements))).toEqual([])
})
