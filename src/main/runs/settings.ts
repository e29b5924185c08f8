/** What a new run is asked to be: checks a recipe's settings against its schema and rules, and fills what was left out. */
import { z } from 'zod'
import { StudioError } from '../../contract/errors'
import { isOfTexts, TrainingSettings, type StopRule, type Version } from '../../contract/nouns'
import { trainingDefaults, type RecipeCard } from '../../contract/recipes'
import { holds } from '../../contract/rules'
import type { StartRun } from '../../contract/runs'

/** Fewer pictures than this teach nothing. */
const LEAST_ITEMS = 8

/** Throws `settings-wrong` naming the first setting that does not fit. The trainer checks again with the recipe itself. */
export function checkSettings(card: RecipeCard, settings: Record<string, unknown>): void {
  const schema = z.fromJSONSchema(card.settings as Parameters<typeof z.fromJSONSchema>[0])
  const parsed = schema.safeParse(settings)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    const setting = issue.code === 'unrecognized_keys' ? issue.keys[0]! : issue.path.join('.')
    const reason = issue.code === 'unrecognized_keys' ? `${card.id} has no such setting` : issue.message
    throw new StudioError('settings-wrong', { setting: setting || 'settings', reason })
  }
  for (const rule of card.rules) {
    // Defaults may depend on the data, which main does not know: only what was chosen can break a rule here, or bring it into force.
    if (holds(rule.when, settings) && rule.setting in settings && !rule.allowed.includes(settings[rule.setting]))
      throw new StudioError('settings-wrong', { setting: rule.setting, reason: rule.reason.en })
  }
}

/** The shared training settings, over this recipe's own defaults; a batch is never larger than the pictures there are, for a partial one is dropped. */
export function fillTraining(
  card: RecipeCard,
  settings: Record<string, unknown>,
  given: StartRun['training'],
  version: Version,
): TrainingSettings {
  if (version.train < LEAST_ITEMS) throw new StudioError('dataset-empty', { dataset: version.name, least: LEAST_ITEMS })
  if (given.batchSize !== undefined && given.batchSize > version.train)
    throw new StudioError('settings-wrong', {
      setting: 'batchSize',
      reason: `there are only ${version.train} ${isOfTexts(version.preparation) ? 'rows' : 'pictures'} to train on`,
    })
  const filled = TrainingSettings.parse({ ...trainingDefaults(card, settings), ...given })
  return { ...filled, batchSize: Math.min(filled.batchSize, 2 ** Math.floor(Math.log2(version.train))) }
}

/** Throws `settings-wrong` where nothing could tell that a training of this kind is done. */
export function checkStop(card: RecipeCard, stop: StopRule | undefined): void {
  if (stop?.by !== 'converged' || card.converges) return
  const reason = `the losses of ${card.title.en} are those of players in a game and never tell when it is done; choose steps, epochs or minutes`
  throw new StudioError('settings-wrong', { setting: 'stop', reason })
}

/** A few minutes on a plain computer: about as many pictures in all, whatever the size of the data set, but each a few times. */
const PICTURES_IN_ALL = 60_000

export function defaultStop(version: Version): StopRule {
  const epochs = Math.round(PICTURES_IN_ALL / version.train)
  return { by: 'epochs', epochs: Math.min(200, Math.max(3, epochs)) }
}
