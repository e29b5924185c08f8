import { oc } from '@orpc/contract'
import { z } from 'zod'
import { AnyPreparation, Dataset, Grant, Id, Item, Kind, Quarantined, Started, Tag, Version } from './nouns'
import { TextCoverage, TextImport, TextPreparation, TextRead } from './texts'

/** A column of a list that lay beside pictures, and what it was taken for: it names them, describes them, or tells their tags. */
const ListColumn = z.strictObject({ name: z.string(), as: z.enum(['picture', 'caption', 'tags', 'nothing']) })
export type ListColumn = z.infer<typeof ListColumn>
const ListReport = z.strictObject({
  file: z.string(),
  encoding: z.string(),
  /** Nothing in the file proves the encoding. */
  guessed: z.boolean(),
  columns: z.array(ListColumn),
  /** Pictures that it describes. */
  captions: z.int(),
})
export type ListReport = z.infer<typeof ListReport>

/** The result of an import job. */
export const ImportResult = z.strictObject({
  dataset: Id,
  kind: Kind,
  /** Items in the dataset now. */
  items: z.int(),
  added: z.int(),
  classes: z.int(),
  quarantined: z.array(Quarantined),
  duplicates: z.int(),
  ignored: z.int(),
  /** How each file of texts was read, the first hundred of them. */
  read: z.array(TextRead),
  lists: z.array(ListReport),
})
export type ImportResult = z.infer<typeof ImportResult>

export const datasets = {
  list: oc.output(z.array(Dataset)),
  get: oc.input(z.strictObject({ dataset: Id })).output(Dataset),
  /** Files, folders, zips and IDX pairs into a dataset: a new one when `dataset` is absent. Job result: `ImportResult`. */
  import: oc
    .input(
      z.strictObject({
        grants: z.array(Grant).min(1).max(10_000),
        dataset: Id.optional(),
        name: z.string().trim().min(1).max(80).optional(),
        /** Found out from the files when absent. */
        kind: Kind.optional(),
        texts: TextImport.optional(),
        /** The column of a list that describes the pictures; null for none, absent for the one that looks like it. */
        caption: z.string().min(1).nullable().optional(),
      }),
    )
    .output(Started),
  /** Generates a built-in sample set and imports it. Job result: `ImportResult`. */
  sample: oc
    .input(
      z.strictObject({
        sample: z.enum(['cartoon-faces']),
        count: z.int().min(16).max(100_000).default(2000),
        seed: z.int().min(0).default(1),
      }),
    )
    .output(Started),
  /** A window of the items: pictures newest first, texts in the order of import. `tag` and `search` (of a text's beginning) narrow. */
  items: oc
    .input(
      z.strictObject({
        dataset: Id,
        offset: z.int().min(0),
        limit: z.int().min(1).max(500),
        tag: z.string().optional(),
        search: z.string().max(200).optional(),
      }),
    )
    .output(z.strictObject({ total: z.int(), items: z.array(Item) })),
  tags: oc.input(z.strictObject({ dataset: Id })).output(z.array(Tag)),
  quarantined: oc.input(z.strictObject({ dataset: Id })).output(z.array(Quarantined)),
  rename: oc.input(z.strictObject({ dataset: Id, name: z.string().trim().min(1).max(80) })).output(Dataset),
  /** Sets items aside (they stay in the project and can be put back). */
  removeItems: oc.input(z.strictObject({ items: z.array(Id).min(1).max(100_000) })).output(z.strictObject({ removed: z.int() })),
  restoreItems: oc
    .input(z.strictObject({ items: z.array(Id).min(1).max(100_000) }))
    .output(z.strictObject({ restored: z.int() })),
  /** Describes an item in words, or no more. */
  describe: oc.input(z.strictObject({ item: Id, caption: z.string().trim().min(1).max(2000).nullable() })),
  /** What a version of this dataset would best be like: for pictures size and colour, for texts tokens, vocabulary and length. */
  suggest: oc.input(z.strictObject({ dataset: Id })).output(AnyPreparation),
  /** What a version prepared like this would keep of the texts; `example`: the tokens of the first of them. */
  cover: oc
    .input(z.strictObject({ dataset: Id, preparation: TextPreparation }))
    .output(z.strictObject({ coverage: TextCoverage, example: z.array(z.string()) })),
  /** All of an item's text. */
  text: oc.input(z.strictObject({ item: Id })).output(z.string()),
  /** Freezes a version: prepared tensors on disk. Same preparation and items give the same version back. Job result: `Version`. */
  freeze: oc.input(z.strictObject({ dataset: Id, preparation: AnyPreparation })).output(Started),
  versions: oc.input(z.strictObject({ dataset: Id.optional() })).output(z.array(Version)),
}
