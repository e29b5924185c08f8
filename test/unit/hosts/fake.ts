/** A studio whose services only note that they were entered, behind the real router: what reaches them has passed every check. */
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGrants } from '../../../src/main/grants'
import { createJobs } from '../../../src/main/jobs'
import { createRouter, type Services } from '../../../src/main/router'
import type { Studio } from '../../../src/main/studio'

export interface FakeStudio extends Studio {
  /** `area.procedure` of each handler entered, in order. */
  entered: string[]
  answers: Record<string, (input: unknown, signal?: AbortSignal) => unknown>
  /** A temporary folder of its own. */
  folder: string
}

export function fakeStudio(): FakeStudio {
  const folder = mkdtempSync(join(tmpdir(), 'latent-hosts-'))
  const entered: string[] = []
  const answers: FakeStudio['answers'] = {}
  const area = (name: string, more: object = {}): never =>
    new Proxy(more, {
      get: (own, method) =>
        Reflect.get(own, method) ??
        ((input: unknown, signal?: AbortSignal) => {
          const procedure = `${name}.${String(method)}`
          entered.push(procedure)
          return answers[procedure]?.(input, signal)
        }),
    }) as never
  const opened = () => ({
    ...Object.fromEntries(['datasets', 'versions', 'runs', 'explore', 'odd', 'exports'].map((name) => [name, area(name)])),
    describe: (area('recipes') as unknown as Record<string, unknown>).describe,
  })
  const services: Services = {
    app: area('app'),
    jobs: area('jobs'),
    projects: area('projects', { opened }),
    recipes: area('recipes'),
    engines: area('engines'),
    log: { info: () => {}, warn: () => {}, error: () => {}, close: async () => {} },
  }
  const jobs = createJobs()
  const grants = createGrants()
  mkdirSync(join(folder, 'project'))
  writeFileSync(join(folder, 'project', 'a.png'), 'xxPICTUREyy')
  return {
    router: createRouter(services),
    grants,
    jobs,
    entered,
    answers,
    folder,
    guests: async () => null,
    media: async (path) => {
      const file = join(folder, 'project', 'a.png')
      if (path === '/media/thumb/abc') return { type: 'image/png', file, offset: 2, length: 7 }
      if (path === '/media/item/svg') return { type: 'image/svg+xml', file, offset: 0, length: 11 }
      if (path === '/media/exports/abc/model.onnx')
        return { type: 'application/octet-stream', file, offset: 0, length: 11, download: 'model.onnx' }
      return null
    },
    openFolder: async () => Promise.reject(new Error('not here')),
    close: async () => void (await grants.close()),
  }
}
