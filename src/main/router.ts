/** The contract, implemented: each procedure is handed to the service that does it, and every failure becomes one kind of error. */
import { implement, ORPCError } from '@orpc/server'
import { ValidationError } from '@orpc/contract'
import { contract } from '../contract'
import { asStudioError, StudioError } from '../contract/errors'
import type { App } from './app'
import type { Engines } from './engines'
import type { Jobs } from './jobs'
import type { Log } from './log'
import type { Projects } from './projects'
import type { Recipes } from './recipes'

export interface Services {
  app: App
  jobs: Jobs
  projects: Projects
  recipes: Recipes
  engines: Engines
  log: Log
}

/** Where and why an input does not fit its schema, in one line. */
function reasonOf(error: ValidationError): string {
  const [issue] = error.issues
  if (!issue) return 'it has the wrong form'
  const path = (issue.path ?? []).map((key) => String(typeof key === 'object' ? key.key : key)).join('.')
  return path ? `${path}: ${issue.message}` : issue.message
}

/** What a caller receives: code, sentence, hint and the details that other languages fill in. Stacks stay in the log. */
function toWire(thrown: unknown, log: Log): ORPCError<string, unknown> {
  let error: StudioError
  if (thrown instanceof ORPCError && thrown.code === 'BAD_REQUEST' && thrown.cause instanceof ValidationError)
    error = new StudioError('wrong-input', { reason: reasonOf(thrown.cause) })
  else error = asStudioError(thrown)
  if (error.code === 'unexpected') log.error('unexpected', thrown)
  return new ORPCError(error.code, {
    status: error.code === 'unexpected' ? 500 : 400,
    message: error.message,
    data: { hint: error.hint, details: error.details },
    cause: thrown,
  })
}

/** The same iterator, whose errors are translated as well. */
function translated(source: AsyncIterator<unknown> & AsyncIterable<unknown>, log: Log) {
  const inner = source[Symbol.asyncIterator]()
  const guard = <T>(work: Promise<T>) => work.catch((thrown) => Promise.reject(toWire(thrown, log)))
  const outer: AsyncIterator<unknown> & AsyncIterable<unknown> = {
    next: () => guard(inner.next()),
    return: async (value) => (inner.return ? guard(inner.return(value)) : { done: true, value }),
    [Symbol.asyncIterator]: () => outer,
  }
  return outer
}

const isIterator = (value: unknown): value is AsyncIterator<unknown> & AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

export function createRouter({ app, jobs, projects, recipes, engines, log }: Services) {
  // Middleware of the whole contract surrounds the validation of inputs, so no handler is entered with a wrong one.
  const os = implement(contract).use(async ({ next }) => {
    try {
      const result = await next()
      return isIterator(result.output) ? { ...result, output: translated(result.output, log) } : result
    } catch (thrown) {
      throw toWire(thrown, log)
    }
  })
  const open = () => projects.opened()
  return os.router({
    app: {
      info: os.app.info.handler(() => app.info()),
      preferences: os.app.preferences.handler(() => app.preferences()),
      setPreferences: os.app.setPreferences.handler(({ input }) => app.setPreferences(input)),
    },
    projects: {
      recent: os.projects.recent.handler(() => projects.recent()),
      current: os.projects.current.handler(() => projects.current()),
      create: os.projects.create.handler(({ input }) => projects.create(input)),
      open: os.projects.open.handler(({ input }) => projects.open(input)),
      close: os.projects.close.handler(() => projects.close()),
    },
    datasets: {
      list: os.datasets.list.handler(() => open().datasets.list()),
      get: os.datasets.get.handler(({ input }) => open().datasets.get(input)),
      import: os.datasets.import.handler(({ input }) => open().datasets.import(input)),
      sample: os.datasets.sample.handler(({ input }) => open().datasets.sample(input)),
      items: os.datasets.items.handler(({ input }) => open().datasets.items(input)),
      tags: os.datasets.tags.handler(({ input }) => open().datasets.tags(input)),
      quarantined: os.datasets.quarantined.handler(({ input }) => open().datasets.quarantined(input)),
      rename: os.datasets.rename.handler(({ input }) => open().datasets.rename(input)),
      removeItems: os.datasets.removeItems.handler(({ input }) => open().datasets.removeItems(input)),
      restoreItems: os.datasets.restoreItems.handler(({ input }) => open().datasets.restoreItems(input)),
      describe: os.datasets.describe.handler(({ input }) => open().datasets.describe(input)),
      suggest: os.datasets.suggest.handler(({ input }) => open().datasets.suggest(input)),
      cover: os.datasets.cover.handler(({ input }) => open().datasets.cover(input)),
      text: os.datasets.text.handler(({ input }) => open().datasets.text(input)),
      freeze: os.datasets.freeze.handler(({ input }) => open().datasets.freeze(input)),
      versions: os.datasets.versions.handler(({ input }) => open().datasets.versions(input)),
    },
    versions: {
      classes: os.versions.classes.handler(({ input }) => open().versions.classes(input)),
      vary: os.versions.vary.handler(({ input }) => open().versions.vary(input)),
    },
    jobs: {
      list: os.jobs.list.handler(() => jobs.list()),
      watch: os.jobs.watch.handler(({ signal }) => jobs.watch(signal)),
      cancel: os.jobs.cancel.handler(({ input }) => jobs.cancel(input.job)),
    },
    recipes: {
      list: os.recipes.list.handler(() => recipes.list()),
      training: os.recipes.training.handler(() => recipes.training()),
      describe: os.recipes.describe.handler(({ input }) => open().describe(input)),
    },
    runs: {
      list: os.runs.list.handler(() => open().runs.list()),
      get: os.runs.get.handler(({ input }) => open().runs.get(input)),
      start: os.runs.start.handler(({ input }) => open().runs.start(input)),
      pause: os.runs.pause.handler(({ input }) => open().runs.pause(input)),
      resume: os.runs.resume.handler(({ input }) => open().runs.resume(input)),
      branch: os.runs.branch.handler(({ input }) => open().runs.branch(input)),
      stop: os.runs.stop.handler(({ input }) => open().runs.stop(input)),
      rename: os.runs.rename.handler(({ input }) => open().runs.rename(input)),
      remove: os.runs.remove.handler(({ input }) => open().runs.remove(input)),
      metrics: os.runs.metrics.handler(({ input }) => open().runs.metrics(input)),
      samples: os.runs.samples.handler(({ input }) => open().runs.samples(input)),
      watch: os.runs.watch.handler(({ input, signal }) => open().runs.watch(input, signal)),
    },
    explore: {
      open: os.explore.open.handler(({ input }) => open().explore.open(input)),
      close: os.explore.close.handler(() => open().explore.close()),
      map: os.explore.map.handler(({ input }) => open().explore.map(input)),
      encode: os.explore.encode.handler(({ input }) => open().explore.encode(input)),
      decode: os.explore.decode.handler(({ input }) => open().explore.decode(input)),
      generate: os.explore.generate.handler(({ input }) => open().explore.generate(input)),
      write: os.explore.write.handler(({ input }) => open().explore.write(input)),
      reconstruct: os.explore.reconstruct.handler(({ input }) => open().explore.reconstruct(input)),
      directions: os.explore.directions.handler(({ input }) => open().explore.directions(input)),
      morph: os.explore.morph.handler(({ input }) => open().explore.morph(input)),
      nearest: os.explore.nearest.handler(({ input }) => open().explore.nearest(input)),
      evaluate: os.explore.evaluate.handler(({ input }) => open().explore.evaluate(input)),
      evaluation: os.explore.evaluation.handler(({ input }) => open().explore.evaluation(input)),
    },
    odd: {
      find: os.odd.find.handler(({ input }) => open().odd.find(input)),
      list: os.odd.list.handler(({ input }) => open().odd.list(input)),
      redrawn: os.odd.redrawn.handler(({ input }) => open().odd.redrawn(input)),
    },
    exports: {
      list: os.exports.list.handler(({ input }) => open().exports.list(input)),
      start: os.exports.start.handler(({ input }) => open().exports.start(input)),
    },
    engines: {
      list: os.engines.list.handler(({ input }) => engines.list(input)),
      install: os.engines.install.handler(({ input }) => engines.install(input)),
    },
  })
}

export type StudioRouter = ReturnType<typeof createRouter>
