/** `train`, `resume`, `pause`, `stop`, `runs`. */
import { StudioError } from '../../../../contract/errors'
import { Augmentation, Balance, type Run, type StopRule } from '../../../../contract/nouns'
import { choose } from './values'
import { usage, type Command, type Given } from '../command'
import { choosePreparation, freeze, PREPARATION } from './freeze'
import { ensureEngine } from './engines'
import { checkMemory } from './memory'
import type { Session } from '../session'
import { clock } from '../terminal'

const STOP = {
  steps: ['text', 'N', 'train for N steps'],
  epochs: ['text', 'N', 'see every item N times'],
  minutes: ['text', 'M', 'train for M minutes'],
  'until-converged': ['flag', '', 'train until it no longer gets better'],
} as const

function stopRule(given: Given): StopRule | undefined {
  const named = Object.keys(STOP).filter((name) => given.text(name) !== undefined || given.flag(name))
  if (named.length > 1) throw usage(`--${named[0]} and --${named[1]} exclude each other.`)
  const [steps, epochs, minutes] = [
    given.number('steps', { least: 1, whole: true }),
    given.number('epochs', { least: 0 }),
    given.number('minutes', { least: 0 }),
  ]
  if (epochs === 0 || minutes === 0) throw usage(`--${named[0]} must be more than 0.`)
  if (steps !== undefined) return { by: 'steps', steps }
  if (epochs !== undefined) return { by: 'epochs', epochs }
  if (minutes !== undefined) return { by: 'minutes', minutes }
  return given.flag('until-converged') ? { by: 'converged' } : undefined
}

const BALANCE = {
  balance: ['text', 'WAY', 'evens out rare and common classes: weights, remove or repeat'],
  'balance-by': ['text', 'TAGS', 'the tags that make the classes, with commas; absent: those that divide most unevenly'],
  augment: ['text', 'WAYS', 'varies the pictures: flip, shift, rotate, zoom, light, with commas'],
} as const

const words = (text = ''): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)

/** Throws `usage` for a way that there is not. */
function waysOf(given: Given): { by: Balance['by'] | null; augment: Augmentation[] } {
  const [way = 'none', tags] = [given.text('balance'), given.text('balance-by')]
  const by = Balance.shape.by.safeParse(way)
  if (!by.success && way !== 'none') throw usage(`--balance needs ${Balance.shape.by.options.join(', ')} or none, not “${way}”.`)
  if (!by.success && tags !== undefined) throw usage('--balance-by says by which tags; --balance is missing, which says how.')
  const augment = words(given.text('augment')).map((word) => {
    const known = Augmentation.safeParse(word)
    if (!known.success) throw usage(`--augment needs ${Augmentation.options.join(', ')}, not “${word}”.`)
    return known.data
  })
  return { by: by.data ?? null, augment }
}

/** The classes by these tags, told with their sizes. Throws `settings-wrong` for a tag that there is not. */
async function classesBy({ client, progress }: Session, version: string, by: Balance['by'], named: string[]) {
  const { tags, classes } = await client.versions.classes({ version, ...(named.length > 0 ? { tags: named } : {}) })
  if (tags.length === 0) throw usage('--balance needs tags, and these pictures have none.')
  const counts = classes.map(({ tags: own, items, ...after }) => {
    const now = by === 'weights' ? `${items} (each counts ${after.weight.toPrecision(3)})` : `${items} → ${after[by]}`
    return `${own.join(' + ') || 'none of them'}: ${now}`
  })
  progress.note(`Classes: ${counts.join(', ')}`)
  return { tags, classes }
}

/** `train`'s answer; `losses` are the last step's, `status` is where it ended. */
function answer(run: Run, more: Record<string, unknown> = {}) {
  const json = {
    run: run.id,
    name: run.name,
    steps: run.step,
    epochs: run.epoch,
    seconds: run.seconds,
    stepsPerSecond: run.stepsPerSecond,
    waiting: run.waiting,
    engine: run.facts?.id ?? run.engine,
    compiled: run.compiled,
    compileSeconds: run.compileSeconds,
    losses: run.losses,
    status: run.status,
    exact: run.exact,
    ...more,
    ...(run.error && (run.status === 'failed' || run.status === 'interrupted')
      ? { error: { ...run.error, hint: hintOf(run) } }
      : {}),
  }
  const losses = Object.entries(run.losses).map(([name, value]) => `${name} ${value.toPrecision(4)}`)
  const lines = [`${run.name} (${run.id}): ${run.status} after ${run.step} steps in ${clock(run.seconds)}`, losses.join(', ')]
  if (run.error) lines.push(`${run.error.message} ${hintOf(run)}`)
  return { json, say: lines.filter(Boolean).join('\n'), failed: run.status === 'failed' || run.status === 'interrupted' }
}

/** What to do next, as a command where there is one. */
function hintOf({ id, error, training }: Run): string {
  const half = Math.floor(training.batchSize / 2)
  if (error?.code !== 'out-of-memory' || half < 1) return error?.hint ?? ''
  return `Go on from there with half the batch: latent resume PROJECT --run ${id} --set batchSize=${half}`
}

/** Shows the run until it ends or waits for the person. The first Ctrl-C saves and pauses. */
async function follow(session: Session, id: string): Promise<Run> {
  const { client, progress } = session
  const abort = new AbortController()
  const off = session.onInterrupt(() => {
    progress.note('Saving and pausing … (again: end at once)')
    client.runs.pause({ run: id }).catch(() => {})
  })
  try {
    let told = ''
    for await (const event of await client.runs.watch({ run: id }, { signal: abort.signal })) {
      if (event.type === 'rewind' && event.step >= 0) progress.note(`Going on from step ${event.step}`)
      if (event.type !== 'state') continue
      const { run } = event
      // An interrupted run with a time to wait goes on by itself; without one it waits for the person.
      if (['finished', 'stopped', 'paused', 'failed'].includes(run.status)) break
      if (run.status === 'interrupted' && run.secondsLeft === null) break
      if (run.status !== told && run.status !== 'running') progress.note(sentence(run))
      told = run.status
      if (run.status === 'running') {
        const losses = Object.entries(run.losses).map(([name, value]) => `${name} ${value.toPrecision(4)}`)
        const speed = run.stepsPerSecond === null ? '' : ` · ${run.stepsPerSecond.toFixed(1)} steps/s`
        const left = run.secondsLeft === null ? '' : ` · ${clock(run.secondsLeft)} left`
        progress.show(run.name, run.step, run.totalSteps ?? 0, `step ${run.step}${left}${speed} · ${losses.join(', ')}`)
      }
    }
    return await client.runs.get({ run: id })
  } finally {
    abort.abort()
    off()
    progress.end()
  }
}

function sentence(run: Run): string {
  if (run.status === 'queued') return `${run.name} waits for its turn`
  if (run.status === 'preparing') return `${run.name}: starting the engine`
  return `${run.name}: ${run.error?.message ?? run.status} Going on in ${run.secondsLeft ?? 0} s`
}

const train: Command = {
  name: 'train',
  positional: ['PROJECT'],
  options: {
    dataset: ['text', 'NAME', 'the data set (needed when there is more than one)'],
    recipe: ['text', 'ID', 'the kind of model: see `latent recipes`'],
    preset: ['text', 'ID', 'settings that go together: one of those that `latent recipes` lists with the recipe'],
    set: ['list', 'KEY=VALUE', 'a setting of the recipe or of the training; lies over the preset'],
    ...STOP,
    seed: ['text', 'S', 'the same seed gives the same run'],
    engine: ['text', 'ID', 'what computes; fetched first when missing'],
    name: ['text', 'NAME', 'a name for the run'],
    'checkpoint-every': ['text', 'N', 'steps between saved states'],
    ...BALANCE,
    ...PREPARATION,
  },
  help: 'freezes a version of a data set and trains a model on it',
  async run(given, session) {
    const { client } = session
    const stop = stopRule(given)
    const seed = given.number('seed', { least: 0, whole: true })
    const checkpointEvery = given.number('checkpoint-every', { least: 1, whole: true })
    const recipe = given.needed('recipe')
    const { by, augment } = waysOf(given)
    await session.project(given.rest[0]!)
    const dataset = await session.dataset(given.text('dataset'))
    const { settings, training } = await chosen(given, recipe, session)
    const named = given.text('engine')
    const engine = named === undefined ? undefined : await ensureEngine(session, named)
    const version = await freeze(session, dataset.id, await choosePreparation(given, session, dataset.id))
    await checkMemory(session, { version: version.id, recipe, settings, training, engine })
    const classes = by && (await classesBy(session, version.id, by, words(given.text('balance-by'))))
    const name = given.text('name')
    const run = await client.runs.start({
      version: version.id,
      recipe,
      settings,
      training,
      ...(by && classes ? { balance: { by, tags: classes.tags } } : {}),
      augment,
      stop,
      seed,
      engine,
      name,
      checkpointEvery,
    })
    return answer(await follow(session, run.id), { version: version.id, ...(classes ? { balance: { by, ...classes } } : {}) })
  },
}

/** What `--preset` and `--set` choose of a recipe and of the training. */
async function chosen(given: Given, recipe: string, { client }: Session) {
  const card = (await client.recipes.list()).find(({ id }) => id === recipe)
  if (!card) throw new StudioError('recipe-unknown', { id: recipe })
  return choose(card, await client.recipes.training(), given.list('set'), given.text('preset'))
}

const resume: Command = {
  name: 'resume',
  positional: ['PROJECT'],
  options: {
    run: ['text', 'RUN', 'an id, a name, or `latest`'],
    set: ['list', 'KEY=VALUE', 'goes on as a new run with another setting of the training, not exactly as the old one would'],
    ...STOP,
  },
  help: 'goes on with a run exactly where it was saved',
  async run(given, session) {
    const { client } = session
    const stop = stopRule(given)
    await session.project(given.rest[0]!, { existing: true })
    const known = await session.run(given.needed('run'))
    const { settings, training } = await chosen(given, known.recipe, session)
    const fixed = Object.keys(settings)[0]
    if (fixed !== undefined) throw usage(`“${fixed}” cannot change once a model has begun: only settings of the training can.`)
    const changed = Object.keys(training).length > 0
    const { id } = changed
      ? await client.runs.branch({ run: known.id, training, stop })
      : await client.runs.resume({ run: known.id, stop })
    const run = await follow(session, id)
    return answer(run, { resumedFrom: run.resumedFrom, ...(changed ? { origin: run.origin } : {}) })
  },
}

/** `pause` and `stop` differ in one word. */
const ending = (name: 'pause' | 'stop', help: string): Command => ({
  name,
  positional: ['PROJECT'],
  options: { run: ['text', 'RUN', 'an id, a name, or `latest`'] },
  help,
  async run(given, session) {
    await session.project(given.rest[0]!, { existing: true })
    const { id } = await session.run(given.needed('run'))
    return answer(await session.client.runs[name]({ run: id }))
  },
})

const runs: Command = {
  name: 'runs',
  positional: ['PROJECT'],
  options: {},
  help: 'lists the runs of a project',
  async run({ rest }, session) {
    await session.project(rest[0]!)
    const all = await session.client.runs.list()
    return {
      json: { runs: all },
      say:
        all.map((run) => `${run.id}  ${run.name}: ${run.recipe}, ${run.status}, ${run.step} steps`).join('\n') || 'No runs yet.',
    }
  },
}

export const training: readonly Command[] = [
  train,
  resume,
  ending('pause', 'saves a run that trains and pauses it'),
  ending('stop', 'saves a run that trains and ends it'),
  runs,
]
