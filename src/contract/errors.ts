/**
 * Every failure a person can meet, as a closed list: one plain sentence that says what happened and what is safe, and one
 * that says what to do next. `{name}` is filled from the error's details. The renderer has the same list in its languages.
 */
export const errors = {
  // files
  'file-truncated': ['{file} is cut off: its end is missing.', 'Copy it again from where it came from.'],
  'file-not-picture': ['{file} is not a picture we can read.', 'Use PNG, JPEG, WebP, GIF, TIFF or AVIF.'],
  'file-empty': ['{file} is empty.', 'Copy it again from where it came from.'],
  'file-too-large': ['{file} is larger than {limit}.', 'Make it smaller and add it again.'],
  'file-unreadable': ['{file} could not be read: {reason}.', 'Check that you may open it, then add it again.'],
  'file-svg': ['{file} is an SVG drawing, which can hide programs.', 'Save it as PNG and add that.'],
  'file-link': ['{file} is a link; links are not followed.', 'Add the file it points to.'],
  'zip-damaged': ['{file} is not a whole zip file.', 'Download or copy it again.'],
  'zip-slip': ['{file} has an entry that points outside of it.', 'Do not trust this archive; nothing of that entry was written.'],
  'zip-bomb': ['{file} would unpack to far more than it holds.', 'Do not trust this archive; it was not unpacked.'],
  'zip-encrypted': ['{file} is locked with a password.', 'Unpack it yourself and add the folder.'],
  'idx-wrong-size': ['{file} says {expected} bytes but holds {actual}.', 'Download it again.'],
  'idx-not-idx': ['{file} is not an IDX file.', 'Look for a name that ends in idx3-ubyte or idx1-ubyte.'],
  'idx-labels-differ': ['{file} has {labels} labels for {items} pictures.', 'Use the labels that belong to these pictures.'],
  'file-not-text': ['{file} is not a text we can read.', 'Save it as plain text in UTF-8 and add that.'],
  'bytes-undecodable': [
    '{file}: byte {byte} of this line ({hex}) is not possible in {encoding}.',
    'Repair the line, or save the file again as UTF-8; the other lines are used.',
  ],
  'line-too-long': ['{file} is longer than {limit}.', 'Break it into several lines and add them again.'],
  'text-too-long': ['The text that begins at {file} is longer than {limit}.', 'Divide it by lines or paragraphs.'],
  'row-uneven': ['{file} has {cells} fields where the others have {columns}.', 'Repair the line and add the file again.'],
  'row-quotes': [
    '{file} has a quotation mark that is not closed, or text after the closing one.',
    'Repair the line and add the file again.',
  ],
  'row-not-json': ['{file} is not a JSON object or text.', 'Repair the line and add the file again.'],
  'rows-more': [
    '{file}: {count} more lines could not be used either.',
    'Repair those that are named first; the others may have the same reason.',
  ],
  'list-picture': [
    '{file} names a picture that is not here: {name}.',
    'Check the name, or add the picture together with the list.',
  ],
  'column-none': ['{file} has no column “{column}”, but {columns}.', 'Choose one of these.'],
  'folder-unreadable': ['The folder {file} could not be opened.', 'Check that you may open it, then add it again.'],
  'nothing-found': ['Nothing usable was found in {file}.', 'Choose a folder with pictures or texts, a zip, or IDX files.'],
  'disk-full': ['The disk is full. Everything saved before is safe.', 'Free some space, then try again.'],
  'path-not-found': ['{file} does not exist.', 'Check the name.'],
  'grant-unknown': ['This file is no longer available to the studio.', 'Choose or drop it again.'],
  // projects
  'project-newer': ['{file} was made by a newer Latent Studio.', 'Update the studio. The project was not changed.'],
  'project-busy': ['{file} is open in another window or program.', 'Close it there, then try again.'],
  'project-damaged': [
    '{file} is damaged and was set aside, nothing was deleted.',
    'Open its last backup, or rebuild it from its media.',
  ],
  'project-foreign': ['{file} is not a Latent Studio project.', 'Choose a folder whose name ends in .latent.'],
  'project-none': ['No project is open.', 'Open or make one first.'],
  'not-found': ['There is no {what} “{id}”.', 'Look at the list and choose another.'],
  'dataset-empty': ['{dataset} has too few pictures to train on.', 'Add at least {least}.'],
  'texts-few': [
    'There is too little text to learn from: {rows} rows.',
    'Add more texts until there are at least {least}, or cut long ones into pieces.',
  ],
  'pictures-only': [
    '{run} learned from texts, and this can only be done with a model of pictures.',
    'Choose a run that learned from pictures.',
  ],
  'texts-only': ['{run} learned from pictures: it cannot write texts.', 'Choose a run that learned from texts.'],
  'kind-differs': ['{dataset} holds {kind}: this cannot be done with it.', 'Choose another data set.'],
  // training
  'recipe-unknown': ['There is no recipe “{id}”.', 'Run `latent recipes` to see them.'],
  'settings-wrong': ['{setting}: {reason}', 'Change this setting and try again.'],
  'engine-unknown': ['There is no engine “{id}”.', 'Run `latent engine list` to see them.'],
  'engine-missing': ['The {id} engine is not installed.', 'Install it, or train with the built-in one.'],
  'engine-unusable': [
    'The {id} engine cannot be used here: {reason}',
    'Train with another one; `latent doctor` tells which are ready.',
  ],
  'engine-failed': ['The {id} engine did not start: {reason}.', 'Run `latent doctor`, or train with the built-in one.'],
  'engine-install': ['The {id} engine could not be fetched: {reason}.', 'Try again later; the built-in engine works meanwhile.'],
  'engine-python': [
    'The {id} engine is fetched by Python’s pip, and there is no Python on this computer. Nothing was changed.',
    'Install Python 3 with pip, then try again; the built-in engine works meanwhile.',
  ],
  'engine-pip': [
    'The {id} engine is fetched by Python’s pip, and the Python on this computer comes without it. Nothing was changed.',
    'Install pip (on Debian and Ubuntu: the package python3-pip), then try again; the built-in engine works meanwhile.',
  ],
  'engine-network': [
    'The {id} engine could not be fetched: the network, or the server that it comes from, could not be reached.',
    'Check the connection and try again: what has arrived whole is not fetched twice. The built-in engine works meanwhile.',
  ],
  'engine-damaged': [
    'The {id} engine could not be installed: {file} is damaged, for {reason}. Nothing of it is used.',
    'Try again; the built-in engine works meanwhile.',
  ],
  'disk-short': [
    'The {id} engine needs {needed} of free space on the disk, and {free} are free. Nothing was changed.',
    'Free some space, then try again; the built-in engine works meanwhile.',
  ],
  'home-unwritable': [
    'The studio’s own folder {folder} cannot be written to: {reason}.',
    'Make it writable, or name another one in LATENT_STUDIO_HOME.',
  ],
  'loss-not-finite': [
    'Training became unstable at step {step} and was stopped.',
    'The last good state is kept. Try a smaller learning rate.',
  ],
  'out-of-memory': [
    'The memory was not enough for this training. Its last saved state is safe.',
    'Go on from there with half the batch, which needs much less.',
  ],
  'memory-short': ['This training needs about {needed} of memory, and {where} has {there}. Nothing was started.', '{remedy}'],
  'trainer-crashed': ['The training program ended unexpectedly. The last saved state is safe.', 'Resume the run.'],
  'device-lost': [
    'The graphics device stopped answering. The last saved state is safe.',
    'Resume the run. If it happens again, update the graphics driver, or train with another engine.',
  ],
  'trainer-hung': ['Training stopped moving and was ended. The last saved state is safe.', 'Resume the run.'],
  'checkpoint-damaged': ['The saved state at step {step} is damaged.', 'Resume from an earlier one.'],
  'checkpoint-earlier': [
    'The saved state at step {step} comes from an earlier version of Latent Studio, which built this kind of model otherwise. It is kept as it is, and so are your data and the run’s charts and samples.',
    'Train the model anew with the same settings, or open a copy of the project with the version that trained it.',
  ],
  'checkpoint-newer': [
    'The saved state at step {step} comes from a newer version of Latent Studio. Nothing was changed.',
    'Update the studio, then try again.',
  ],
  'checkpoint-none': ['{run} has no saved state yet.', 'Train it a little longer.'],
  'run-busy': ['{run} is training already.', 'Pause or stop it first.'],
  'ability-missing': ['{recipe} cannot {ability}.', 'Choose a run of another recipe.'],
  'not-conditional': [
    '{run} learned from pictures alone: it cannot be told what to make.',
    'Leave the choice away, or train a model that is told the tags.',
  ],
  'words-unknown': ['This model never met the words “{words}”.', 'It knows: {known}.'],
  'tag-unknown': ['This model knows no “{tags}”.', 'It knows: {known}.'],
  'export-differs': [
    'The exported file answers differently from the studio ({difference}).',
    'Nothing was kept. Please report this.',
  ],
  'file-unwritable': ['{file} could not be written: {reason}.', 'Choose a place where you may write.'],
  'export-exists': ['{file} exists already.', 'Choose another name.'],
  // hosts
  'studio-away': [
    'The connection to the studio was lost. Training goes on, and everything saved is safe.',
    'It reconnects by itself; then try again.',
  ],
  'too-many': ['That is more than {limit} at once.', 'Choose fewer, or put them into a zip.'],
  // everything else
  cancelled: ['Cancelled. Everything saved before is safe.', 'Start again whenever you like.'],
  'wrong-input': ['This request was not understood: {reason}.', 'Try again; if it stays, restart the studio.'],
  usage: ['{reason}', 'Run `latent --help`.'],
  unexpected: [
    'Something went wrong that we did not foresee. Your project is safe.',
    'Try again; if it stays, restart the studio.',
  ],
} as const satisfies Record<string, readonly [message: string, hint: string]>

/** The ways of V8, tfjs, Emscripten, TensorFlow, CUDA and WebGPU to say that memory ran out. */
const OUT_OF_MEMORY =
  /out[ _]?of[ _]?memory|bad_alloc|allocation failed|cannot allocate memory|Aborted\(OOM|process OOM|OOM when allocating|RESOURCE_?EXHAUSTED|no room for a tensor|Cannot enlarge memory|Invalid typed array length/i

export const saysOutOfMemory = (text: string): boolean => OUT_OF_MEMORY.test(text)

export type ErrorCode = keyof typeof errors
export type ErrorDetails = Record<string, string | number>

/** The sentence with its details filled in. */
export function fill(text: string, details: ErrorDetails): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? name))
}

/** The one error that crosses boundaries. Anything else thrown is a bug and becomes `unexpected`. */
export class StudioError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails
  readonly hint: string
  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(errors[code][0], details), options)
    this.name = 'StudioError'
    this.code = code
    this.details = details
    this.hint = fill(errors[code][1], details)
  }
  toJSON(): { code: ErrorCode; message: string; hint: string } {
    return { code: this.code, message: this.message, hint: this.hint }
  }
}

/** Any thrown value as a `StudioError`; a full disk is recognised wherever it happens. */
export function asStudioError(thrown: unknown): StudioError {
  if (thrown instanceof StudioError) return thrown
  const code = (thrown as { code?: unknown } | null)?.code
  if (code === 'ENOSPC' || code === 'SQLITE_FULL') return new StudioError('disk-full', {}, { cause: thrown })
  if ((thrown as { name?: unknown } | null)?.name === 'AbortError') return new StudioError('cancelled', {}, { cause: thrown })
  return new StudioError('unexpected', {}, { cause: thrown })
}

export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errors, code)

/** An error as it came over the wire (code, and `data.details`) as the `StudioError` it was; anything else as `asStudioError`. */
export function fromWire(thrown: unknown): StudioError {
  const { code, data } = (thrown ?? {}) as { code?: unknown; data?: { details?: ErrorDetails } }
  return !(thrown instanceof StudioError) && isErrorCode(code)
    ? new StudioError(code, data?.details ?? {}, { cause: thrown })
    : asStudioError(thrown)
}
