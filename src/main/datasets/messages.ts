/** Between main and the import worker. */
import type { AnyPreparation, Kind, Preparation, Quarantined } from '../../contract/nouns'
import type { TextPreparation } from '../../contract/texts'
import type { ErrorRecord } from '../store/messages'
import type { NewItem, StoredItem } from '../store/store'
import type { Wanted } from './importers/survey'
import type { SampleName } from './samples'

/** What a worker is started for; one task, then it ends. */
export type Task =
  | { type: 'import'; project: string; paths: string[]; wanted: Wanted }
  | { type: 'sample'; project: string; sample: SampleName; count: number; seed: number }
  | { type: 'freeze'; project: string; preparation: AnyPreparation }
  | { type: 'suggest-texts'; project: string }
  | { type: 'cover-texts'; project: string; preparation: TextPreparation }
  | { type: 'prepare'; project: string; paths: string[]; preparation: Preparation; channels: 1 | 3 | 4 }

export type FromWorker =
  | { type: 'progress'; done: number; total: number }
  /** Durable media, to be recorded; answered with `recorded`. */
  | { type: 'record'; kind: Kind; items: NewItem[]; quarantined: Quarantined[] }
  /** What would be frozen, with its numbers where they are known before it is done; answered with `build`. */
  | { type: 'plan'; fingerprint: string; items: number; train: number; channels: 0 | 1 | 3 | 4 }
  | { type: 'done'; result: unknown }
  | { type: 'failed'; error: ErrorRecord }

export type ToWorker =
  | { type: 'recorded' }
  /** Items for every task but `import` and `sample`, in several messages so that none holds main up. */
  | { type: 'items'; items: StoredItem[]; last: boolean }
  /** The folder to write to; null when the version is there already. */
  | { type: 'build'; folder: string | null }
  | { type: 'cancel' }
