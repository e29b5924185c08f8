/** What a training would be fed from a version: counted and drawn by the trainer, which will do the same then. */
import { StudioError } from '../../contract/errors'
import { isOfTexts, Pictures } from '../../contract/nouns'
import { Classes, type versions as contract } from '../../contract/versions'
import type { Engines } from '../engines'
import type { Service } from '../service'
import type { Store } from '../store/store'
import { versionFolder } from '../datasets/versions'
import type { Asking } from './asking'

export type Versions = Service<typeof contract>

export interface VersionsOptions {
  store: Pick<Store, 'getVersion'>
  folder: string
  engines: Pick<Engines, 'choose'>
}

export function createVersions({ store, folder, engines }: VersionsOptions, asking: Asking): Versions {
  const ask = async (version: string, question: Parameters<Asking['ask']>[0]) => {
    await store.getVersion(version)
    return asking.ask(question, await engines.choose())
  }
  return {
    classes: async ({ version, tags = null }) =>
      Classes.parse(await ask(version, { type: 'classes', version: versionFolder(folder, version), tags })),
    vary: async ({ version, ...how }) => {
      if (isOfTexts((await store.getVersion(version)).preparation))
        throw new StudioError('settings-wrong', { setting: 'augment', reason: 'texts are not varied, only pictures are' })
      return Pictures.parse(await ask(version, { type: 'vary', version: versionFolder(folder, version), ...how }))
    },
  }
}
