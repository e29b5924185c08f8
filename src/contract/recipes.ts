import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Needs } from './memory'
import { Id, Kind, SomeTraining } from './nouns'
import { holds } from './rules'

const Text = z.strictObject({ en: z.string(), 'zh-CN': z.string() })

/** What may not be combined, as data: when every `when` holds, `setting` must be one of `allowed`. */
const Rule = z.strictObject({
  when: z.record(z.string(), z.array(z.unknown())),
  setting: z.string(),
  allowed: z.array(z.unknown()),
  reason: Text,
})

/** Settings that go together, by one name; what is chosen beside it lies over it. */
const Preset = z.strictObject({
  id: z.string(),
  title: Text,
  help: Text,
  settings: z.record(z.string(), z.unknown()),
  training: SomeTraining.optional(),
})

/** A recipe as the wizard and the command line see it; forms are drawn from JSON Schema, so no recipe is known by name. */
export const RecipeCard = z.strictObject({
  id: z.string(),
  title: Text,
  summary: Text,
  /** For its reference page: whom it suits, and where the articles behind this studio differ from the papers. */
  about: z.strictObject({ for: Text, articles: Text }),
  paper: z.string(),
  data: z.array(Kind),
  /** What it is for, in the wizard's words. */
  goals: z.array(z.enum(['more-like-these', 'morph', 'find-odd', 'compress'])),
  likelihood: z.enum(['exact', 'bound', 'none']),
  prior: z.enum(['normal', 'uniform']),
  abilities: z.array(z.enum(['encode', 'decode', 'generate', 'score'])),
  /** Whether "until nothing improves" can end its training. */
  converges: z.boolean(),
  /** Where the shared training settings have other defaults for it. */
  training: SomeTraining,
  /** And where they have others again for what was chosen; of several that hold, the later wins. */
  trainingWhen: z.array(z.strictObject({ when: Rule.shape.when, training: SomeTraining })).optional(),
  /** JSON Schema of its own settings; each property has `title`, `help`, `level` as `{en, zh-CN}` texts in `meta`. */
  settings: z.record(z.string(), z.unknown()),
  rules: z.array(Rule),
  presets: z.array(Preset).optional(),
  /** Labels of the parts of its losses, for charts: key → plain words, and the meaning's colour. */
  parts: z.record(z.string(), z.strictObject({ title: Text, help: Text, colour: z.enum(['real', 'made', 'critic', 'plain']) })),
  stages: z.array(z.strictObject({ name: z.string(), title: Text })),
})
export type RecipeCard = z.infer<typeof RecipeCard>

/** A recipe's own defaults of the shared training settings, for these of its settings. */
export function trainingDefaults(
  { training, trainingWhen = [] }: Pick<RecipeCard, 'training' | 'trainingWhen'>,
  settings: Record<string, unknown>,
): RecipeCard['training'] {
  const holding = trainingWhen.filter(({ when }) => holds(when, settings))
  return Object.assign({}, training, ...holding.map((one) => one.training)) as RecipeCard['training']
}

export const recipes = {
  list: oc.output(z.array(RecipeCard)),
  /** JSON Schema of the settings all recipes share, with the same texts. */
  training: oc.output(z.record(z.string(), z.unknown())),
  /** What a recipe with these settings would need on this version, and what would fit; counted by the trainer, cached. */
  describe: oc
    .input(
      z.strictObject({
        recipe: z.string(),
        version: Id,
        settings: z.record(z.string(), z.unknown()),
        training: SomeTraining.default({}),
        /** What it would be trained with; absent: the best that is ready. */
        engine: z.string().optional(),
      }),
    )
    .output(Needs),
}
