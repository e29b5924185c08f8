/** Freezing a version from the command line: what the studio suggests, but for what was said. */
import { Preparation, Version } from '../../../../contract/nouns'
import { usage, type Given } from '../command'
import type { Session } from '../session'

export const PREPARATION = {
  size: ['text', 'N', 'side of the square pictures, pixels (suggested when absent)'],
  colour: ['text', 'C', 'auto, grey, rgb or rgba'],
  fit: ['text', 'F', 'cover (cuts), contain (pads) or stretch (distorts)'],
  'test-share': ['text', 'X', 'share of items kept out of training, 0 to 0.5'],
} as const

export async function choosePreparation(given: Given, { client }: Session, dataset: string): Promise<Preparation> {
  const [size, testShare] = [given.number('size', { least: 8, whole: true }), given.number('test-share', { least: 0 })]
  const [colour, fit] = [given.text('colour'), given.text('fit')]
  const chosen = Object.fromEntries(Object.entries({ size, testShare, colour, fit }).filter(([, value]) => value !== undefined))
  const parsed = Preparation.safeParse({ ...(await client.datasets.suggest({ dataset })), ...chosen })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw usage(`--${issue.path.join('.') === 'testShare' ? 'test-share' : issue.path.join('.')}: ${issue.message}.`)
}

/** The same preparation of the same items is the same version, found at once. */
export async function freeze(session: Session, dataset: string, preparation: Preparation): Promise<Version> {
  return Version.parse(await session.job(await session.client.datasets.freeze({ dataset, preparation }), 'Preparing'))
}
