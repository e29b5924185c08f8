/** What `--preset` and `--set` choose: values as they are typed, for the recipe and for the training settings that all share. */
import type { TrainingSettings } from '../../../../contract/nouns'
import type { RecipeCard } from '../../../../contract/recipes'
import { usage } from '../command'

/** A setting's value as it is typed: numbers, truths and lists as JSON, everything else as text. */
export function parse(text: string, schema: { type?: unknown } = {}): unknown {
  if (schema.type === 'string') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    // `64,128` is easier to type than `[64,128]`.
    return schema.type === 'array' ? text.split(',').map((part) => parse(part.trim())) : text
  }
}

interface Chosen {
  settings: Record<string, unknown>
  training: Partial<TrainingSettings>
}

/** The settings of a recipe's preset. Throws `usage` naming those that there are. */
function presetOf({ id, presets = [] }: RecipeCard, name: string): Chosen {
  const found = presets.find((preset) => preset.id === name)
  const known = presets.map((preset) => preset.id).join(', ')
  if (!found) throw usage(`There is no preset “${name}” of ${id}: ${known || 'it has none'}.`)
  return { settings: { ...found.settings }, training: { ...found.training } }
}

/**
 * `key=value`s, each to the recipe or to the shared training settings, whichever has it, laid over a preset. `shared` is the JSON
 * Schema of the training settings.
 */
export function choose(card: RecipeCard, shared: Record<string, unknown>, pairs: string[], preset?: string): Chosen {
  const own = (card.settings.properties ?? {}) as Record<string, object>
  const common = (shared.properties ?? {}) as Record<string, object>
  const { settings, training } = preset === undefined ? { settings: {}, training: {} } : presetOf(card, preset)
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at <= 0) throw usage(`--set needs KEY=VALUE, not “${pair}”.`)
    const [key, value] = [pair.slice(0, at), pair.slice(at + 1)]
    if (key in own || !(key in common)) settings[key] = parse(value, own[key])
    else Object.assign(training, { [key]: parse(value, common[key]) })
  }
  return { settings, training }
}
