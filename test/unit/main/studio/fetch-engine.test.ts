/** The fast engine comes by itself where a host with a window asks for it, and only there. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createStudio } from '../../../../src/main/studio'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'latent-fetch-'))
  // Nothing is fetched for a test: the wheel that is named does not exist, so the job ends at once.
  vi.stubEnv('LATENT_STUDIO_WHEEL', join(home, 'none.whl'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

it.each([
  [true, ['engine']],
  [false, []],
])('fetchEngine %s starts the jobs %j', async (fetchEngine, kinds) => {
  const studio = await createStudio({ home, host: 'web', fetchEngine })
  expect(studio.jobs.list().map((job) => job.kind)).toEqual(kinds)
  await studio.close()
})
