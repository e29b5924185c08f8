/** Freezing a version from the command line: what the studio suggests, but for what was said. */
import { isOfTexts, Preparation, Version } from '../../../../contract/nouns'
import type { AnyPreparation } from '../../../../contract/nouns'
import { TextPreparation, TokenKind } from '../../../../contract/texts'
import { usage, type Command, type Given } from '../command'
import type { Session } from '../session'

const OF_PICTURES = {
  size: ['text', 'N', 'side of the square pictures, pixels (suggested when absent)'],
  colour: ['text', 'C', 'auto, grey, rgb or rgba'],
  fit: ['text', 'F', 'cover (cuts), contain (pads) or stretch (distorts)'],
} as const

const OF_TEXTS = {
  tokens: ['text', 'T', `what texts are cut into: ${TokenKind.options.join(', ')} (suggested when absent)`],
  vocabulary: ['text', 'N', 'different tokens at most (suggested when absent)'],
  length: ['text', 'N', 'tokens in a row at most (suggested when absent)'],
  long: ['text', 'L', 'longer texts: cut, pieces (several rows) or leave (out)'],
  lowercase: ['flag', '', 'makes no difference between A and a'],
} as const

export const PREPARATION = {
  ...OF_PICTURES,
  ...OF_TEXTS,
  'test-share': ['text', 'X', 'share of items kept out of training, 0 to 0.5'],
} as const

export async function choosePreparation(given: Given, { client }: Session, dataset: string): Promise<AnyPreparation> {
  const suggested = await client.datasets.suggest({ dataset })
  const texts = isOfTexts(suggested)
  const other = Object.keys(texts ? OF_PICTURES : OF_TEXTS).find((name) => given.text(name) !== undefined)
  if (other !== undefined)
    throw usage(`--${other} is for ${texts ? 'pictures' : 'texts'}, and these are ${texts ? 'texts' : 'pictures'}.`)
  const chosen = texts
    ? {
        tokens: given.text('tokens'),
        vocabulary: given.number('vocabulary', { least: 8, whole: true }),
        length: given.number('length', { least: 2, whole: true }),
        long: given.text('long'),
        lowercase: given.flag('lowercase') || undefined,
      }
    : { size: given.number('size', { least: 8, whole: true }), colour: given.text('colour'), fit: given.text('fit') }
  const all = { ...chosen, testShare: given.number('test-share', { least: 0 }) }
  const said = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  const parsed = (texts ? TextPreparation : Preparation).safeParse({ ...suggested, ...said })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw usage(`--${issue.path.join('.') === 'testShare' ? 'test-share' : issue.path.join('.')}: ${issue.message}.`)
}

/** The same preparation of the same items is the same version, found at once. */
export async function freeze(session: Session, dataset: string, preparation: AnyPreparation): Promise<Version> {
  return Version.parse(await session.job(await session.client.datasets.freeze({ dataset, preparation }), 'Preparing'))
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`

const freezeCommand: Command = {
  name: 'freeze',
  positional: ['PROJECT'],
  options: { dataset: ['text', 'NAME', 'id or name (the only one when absent)'], ...PREPARATION },
  help: 'prepares a version to train on, and tells what it keeps of the items',
  async run(given, session) {
    await session.project(given.rest[0]!, { existing: true })
    const dataset = await session.dataset(given.text('dataset'))
    const version = await freeze(session, dataset.id, await choosePreparation(given, session, dataset.id))
    const { number, items, train, test, coverage } = version
    const lines = [`${dataset.name} v${number}: ${items} (${train} to learn from, ${test} to check with)`]
    if (coverage)
      lines.push(
        `${coverage.vocabulary} different tokens, which are ${percent(coverage.known)} of the text; ` +
          `${percent(coverage.whole)} of the texts fit as a whole, ${percent(coverage.kept)} of the text is kept`,
      )
    return { json: { version }, say: lines.join('\n') }
  },
}

export const freezing: readonly Command[] = [freezeCommand]
