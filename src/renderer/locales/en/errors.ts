import { errors } from '../../../contract/errors'

/** The contract's own sentences; where they speak of the command line, the words for a window. */
export default {
  ...errors,
  'recipe-unknown': ['There is no recipe “{id}”.', 'Choose another one.'],
  'engine-unknown': ['There is no engine “{id}”.', 'Choose another one.'],
  'engine-unusable': ['The {id} engine cannot be used here: {reason}', 'Train with another one.'],
  'engine-failed': ['The {id} engine did not start: {reason}.', 'Train with the built-in one.'],
  usage: ['{reason}', 'Try again.'],
} as const satisfies typeof errors | Record<string, readonly [string, string]>
