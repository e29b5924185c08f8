/** The composition root: builds every service once and hands the hosts one router. It holds no logic of its own. */
import { mkdir } from 'node:fs/promises'
import type { Project } from '../contract/nouns'
import { createApp, type Host } from './app'
import { createDatasets } from './datasets'
import { createEngines } from './engines'
import { createExplore } from './explore'
import { createExports } from './exports'
import { createGrants, type Grants } from './grants'
import { createJobs, type Jobs } from './jobs'
import { createLog, type Log, type OnLog } from './log'
import { findMedia, type MediaFile } from './addresses'
import { listenAsOwner, type Listening } from './owner/listen'
import { createProjects, type OpenProject } from './projects'
import { createRecipes } from './recipes'
import { createRouter, type StudioRouter } from './router'
import { createRuns } from './runs'
import { openStore } from './store'
import { homeUnwritable } from './unwritable'

export interface StudioOptions {
  /** The studio's data folder: `studioHome()`. */
  home: string
  host: Host
  /** Fetch the fast engine in the background when it can be had and is not here: a job like any other, shown and cancelled as such. */
  fetchEngine?: boolean
  onLog?: OnLog
}

export interface Studio {
  /** Implements the whole contract; hosts put it behind their transport. */
  router: StudioRouter
  grants: Grants
  jobs: Jobs
  /** A file behind an address that starts with `/media/`, or null. */
  media(path: string): Promise<MediaFile | null>
  /** For hosts that hold paths themselves: opens exactly this folder as a project, made when `create` is set. */
  openFolder(folder: string, options?: { create?: boolean }): Promise<Project>
  /** Who else works in the open project through this studio. */
  guests(): Promise<Listening | null>
  /** Saves and ends the trainer, cancels jobs, closes the project. */
  close(): Promise<void>
}

/** Throws `home-unwritable`. */
async function openHome(home: string, onLog?: OnLog): Promise<Log> {
  try {
    await mkdir(home, { recursive: true })
    return createLog({ home, onLog })
  } catch (thrown) {
    throw homeUnwritable(home, thrown)
  }
}

export async function createStudio({ home, host, fetchEngine, onLog }: StudioOptions): Promise<Studio> {
  const log = await openHome(home, onLog)
  const grants = createGrants()
  const jobs = createJobs({ onFailed: (thrown, job) => log.warn(`${job.kind} failed: ${job.error?.code}`, thrown) })
  const recipes = createRecipes()
  const engines = createEngines({ home, jobs })
  if (fetchEngine)
    for (const engine of await engines.list())
      // Gigabytes for a GPU are fetched when someone asks for them.
      if (engine.id === 'tensorflow' && engine.reason === 'not-installed') await engines.install({ engine: engine.id })

  async function assemble(folder: string, create?: { name: string }): Promise<OpenProject> {
    const store = await openStore(folder, create ? { create } : {})
    try {
      const datasets = createDatasets({ store, folder, jobs, grants })
      const explore = createExplore({ store, folder, home, jobs, grants, engines, recipes, datasets, log })
      const exports = createExports({ store, folder, jobs, grants, models: explore.models })
      const runs = await createRuns({ store, folder, home, engines, recipes, log })
      const owner = await listenAsOwner({ folder, router, grants })
      return {
        folder,
        store,
        datasets,
        runs,
        explore,
        exports,
        describe: explore.describe,
        odd: explore.odd,
        versions: explore.versions,
        owner,
        async close() {
          await owner?.close()
          await runs.shutDown()
          await explore.shutDown()
          await datasets.close()
          await store.close()
        },
      }
    } catch (thrown) {
      await store.close()
      throw thrown
    }
  }

  const projects = createProjects({ home, grants, assemble })
  const router = createRouter({ app: createApp({ home, host }), jobs, projects, recipes, engines, log })
  let closing: Promise<void> | undefined
  return {
    router,
    grants,
    jobs,
    media: async (path) => findMedia((await projects.current()) ? projects.opened() : null, path),
    openFolder: (folder, options) => projects.openFolder(folder, options),
    guests: async () => ((await projects.current()) ? projects.opened().owner : null),
    close: () =>
      (closing ??= (async () => {
        await jobs.close()
        await engines.close()
        await projects.close()
        await grants.close()
        await log.close()
      })()),
  }
}
