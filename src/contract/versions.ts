/** What a training would be fed from a frozen version: asked before it starts. */
import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Augmentation, Id, Pictures } from './nouns'

/** How a version's training items fall into classes by some of their tags, and what each way to even them out would make of that. */
export const Classes = z.strictObject({
  /** Tags of which no item has two, so that they are classes already: the folders of an import, or the colours of hair. */
  groups: z.array(z.array(z.string())),
  /** Tags that some items have and others have not. */
  dividing: z.array(z.string()),
  /** The tags that were counted by. */
  tags: z.array(z.string()),
  classes: z.array(
    z.strictObject({
      /** Those of the tags that its items have. */
      tags: z.array(z.string()),
      items: z.int(),
      /** Items an epoch when items of the common classes are left out, and when those of the rare come several times. */
      remove: z.int(),
      repeat: z.int(),
      /** What an item of it counts when the rare count for more; 1 on average over all items. */
      weight: z.number(),
    }),
  ),
})
export type Classes = z.infer<typeof Classes>

export const versions = {
  /** By these tags; absent: by those that divide the items most unevenly. */
  classes: oc.input(z.strictObject({ version: Id, tags: z.array(z.string()).max(512).optional() })).output(Classes),
  /** The first `items` training pictures, each followed by `each` of itself as a training would see it. */
  vary: oc
    .input(
      z.strictObject({
        version: Id,
        augment: z.array(Augmentation).min(1),
        items: z.int().min(1).max(16),
        each: z.int().min(1).max(16),
      }),
    )
    .output(Pictures),
}
