/** From what a person chose to what a recipe is built with. */
import { StudioError } from '../contract/errors'
import { holds } from '../contract/rules'
import type { DataFacts, Recipe } from './define'

/**
 * All settings of a recipe: what was chosen, over the defaults for this data, over the schema's own defaults.
 * Throws `settings-wrong` naming the setting.
 */
export function resolveSettings(recipe: Recipe, chosen: Record<string, unknown>, data: DataFacts): Record<string, unknown> {
  const result = recipe.settings.safeParse({ ...recipe.defaults?.(data, chosen), ...chosen })
  if (!result.success) {
    const issue = result.error.issues[0]!
    const setting = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.')
    throw new StudioError('settings-wrong', { setting, reason: issue.message })
  }
  for (const rule of recipe.rules) {
    if (holds(rule.when, result.data) && !rule.allowed.includes(result.data[rule.setting]))
      throw new StudioError('settings-wrong', { setting: rule.setting, reason: rule.reason.en })
  }
  return result.data
}
