/** Language and theme, in `preferences.json` of the studio's home. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Preferences } from '../contract/app'
import { writeDurably } from './durable'
import { readJson } from './json'

const DEFAULTS: Preferences = { locale: null, theme: 'system' }

export function createPreferences(home: string): {
  get(): Promise<Preferences>
  set(change: Partial<Preferences>): Promise<Preferences>
} {
  const file = join(home, 'preferences.json')
  let known: Promise<Preferences> | undefined
  const get = () =>
    (known ??= readJson(file).then((value) => {
      const parsed = Preferences.partial().safeParse(value)
      return { ...DEFAULTS, ...(parsed.success ? parsed.data : {}) }
    }))
  // One write after another, so that two quick changes cannot overtake each other.
  let writing: Promise<unknown> = Promise.resolve()
  return {
    get,
    async set(change) {
      // Each change stands on the one before, whether or not that one has been written yet.
      const next = get().then((before) => ({ ...before, ...change }))
      known = next
      writing = writing
        .catch(() => {})
        .then(async () => {
          await mkdir(home, { recursive: true })
          await writeDurably(file, `${JSON.stringify(await next, null, 2)}\n`)
        })
      await writing
      return next
    },
  }
}
