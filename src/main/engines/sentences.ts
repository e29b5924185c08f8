/** What each state of an engine means to a person. The window has the same in its languages, by `reason`. */
import type { EngineState } from '../../contract/engines'
import { fill } from '../../contract/errors'

const sentences: Record<EngineState['reason'], string> = {
  'built-in': 'Built in. It works everywhere and needs nothing.',
  installed: 'Installed and ready.',
  works: 'It starts on this computer’s GPU and needs nothing.',
  'not-installed': 'Not installed yet. Training works with the other engines meanwhile, only slower.',
  'unsupported-platform': 'There is no such engine for this system. The others work.',
  broken: 'Its files are damaged or incomplete. Install it again; the others work meanwhile.',
  'no-gpu': 'No NVIDIA GPU with its driver was found on this computer. The other engines work.',
  'driver-old':
    'The NVIDIA driver {driver} is too old for it: it needs {needed} or newer. Update the driver; the other engines work meanwhile.',
  'gpu-unsupported': 'TensorFlow has no programs for this kind of GPU ({device}). The other engines work.',
  software: 'It works, but only in software, without a GPU: slower than the others, so it is never chosen by itself.',
  checking: 'It is being tried on this computer for the first time.',
  failed: 'It does not start here: {failure}. The other engines work.',
}

/** Said of engines that no one has run on such a device so far. */
const UNTRIED = 'Not yet tried on this kind of GPU.'

/** Said of engines that could be fetched if there were a pip. */
export const NEEDS_PIP: Record<'engine-python' | 'engine-pip', string> = {
  'engine-python': 'To fetch it, Python 3 with pip is needed; there is no Python on this computer.',
  'engine-pip':
    'To fetch it, Python’s pip is needed; the Python on this computer comes without it (on Debian and Ubuntu: python3-pip).',
}

/** One or two plain sentences: why it is ready or not, and what to do. */
export function sentenceOf(reason: EngineState['reason'], details: Record<string, string>, untried: boolean): string {
  const text = fill(sentences[reason], details)
  return untried ? `${text} ${UNTRIED}` : text
}
