/** Projects: which is open, which were, and making new ones. One is open at a time. */
import { existsSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../contract/errors'
import { Project } from '../contract/nouns'
import type { projects as contract } from '../contract/projects'
import { writeDurably } from './durable'
import { readJson } from './json'
import type { Explore } from './explore'
import type { Exports } from './exports'
import type { Grants } from './grants'
import type { Listening } from './owner/listen'
import type { Datasets } from './datasets'
import type { Runs } from './runs'
import type { Service } from './service'
import type { Store } from './store/store'
import { unwritable } from './unwritable'

/** An open project with everything that works on it. */
export interface OpenProject {
  folder: string
  store: Store
  datasets: Datasets
  runs: Runs
  explore: Explore
  exports: Exports
  describe: Explore['describe']
  odd: Explore['odd']
  versions: Explore['versions']
  /** Null where the system refused to listen for other commands. */
  owner: Listening | null
  close(): Promise<void>
}

export interface Projects extends Service<typeof contract> {
  /** The open project, or the error `project-none`. */
  opened(): OpenProject
  /** For hosts that hold paths themselves (command line, `serve PROJECT`): exactly this folder, made when missing. */
  openFolder(folder: string, options?: { create?: boolean }): Promise<Project>
}

/** Opens the store of a folder and builds the services on it; `create` makes it a project first. */
export type Assemble = (folder: string, create?: { name: string }) => Promise<OpenProject>

const KEPT = 50

/** A name as a folder on every system: no separators, no reserved characters or names, no leading or trailing dot. */
export function safeFolderName(name: string): string {
  const safe = name
    .normalize('NFC')
    // eslint-disable-next-line no-control-regex -- control characters are exactly what must go
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*]+/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, 80)
    .trim()
  if (!safe) return 'Project'
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(safe) ? `${safe}-project` : safe
}

const makeFolder = (folder: string) =>
  mkdir(folder, { recursive: true }).catch((thrown: unknown) => Promise.reject(unwritable(folder, thrown)))

export function createProjects({ home, grants, assemble }: { home: string; grants: Grants; assemble: Assemble }): Projects {
  const file = join(home, 'projects.json')
  let open: { project: Project; services: OpenProject } | null = null

  // Opening and closing take turns: two windows asking at once must not open two projects.
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work)
    turn = next.catch(() => {})
    return next
  }

  async function known(): Promise<Project[]> {
    const parsed = z.array(Project).safeParse(await readJson(file))
    return parsed.success ? parsed.data : []
  }

  async function remember(project: Project): Promise<void> {
    const others = (await known()).filter(({ id, folder }) => id !== project.id && folder !== project.folder)
    await mkdir(home, { recursive: true })
    await writeDurably(file, `${JSON.stringify([project, ...others].slice(0, KEPT), null, 2)}\n`)
  }

  async function closeOpen(): Promise<void> {
    const closing = open
    open = null
    await closing?.services.close()
  }

  async function enter(folder: string, create?: { name: string }): Promise<Project> {
    if (open?.project.folder === folder) return open.project
    // Opened before the other is closed: one that cannot be opened must not end what trains in the other.
    const services = await assemble(folder, create)
    await closeOpen()
    const { id, name } = await services.store.project()
    const project: Project = { id, name, folder, openedAt: Date.now() }
    open = { project, services }
    await remember(project)
    return project
  }

  /** A folder that does not exist yet: `Name.latent`, `Name 2.latent` … */
  function unused(parent: string, name: string): string {
    for (let number = 1; ; number++) {
      const folder = join(parent, `${safeFolderName(name)}${number > 1 ? ` ${number}` : ''}.latent`)
      if (!existsSync(folder)) return folder
    }
  }

  return {
    opened() {
      if (!open) throw new StudioError('project-none')
      return open.services
    },
    async recent() {
      const all = await known()
      const present = await Promise.all(
        all.map(({ folder }) =>
          stat(folder).then(
            () => true,
            () => false,
          ),
        ),
      )
      return all.filter((_, index) => present[index])
    },
    current: async () => open?.project ?? null,
    create: ({ name, folder }) =>
      inTurn(async () => {
        const parent = folder ? grants.path(folder) : join(home, 'projects')
        await makeFolder(parent)
        return enter(unused(parent, name), { name })
      }),
    open: (which) =>
      inTurn(async () => {
        if ('grant' in which) return enter(resolve(grants.path(which.grant)))
        const found = (await known()).find(({ id }) => id === which.id)
        if (!found) throw new StudioError('not-found', { what: 'project', id: which.id })
        return enter(found.folder)
      }),
    openFolder: (path, { create = false } = {}) =>
      inTurn(async () => {
        const folder = resolve(path)
        const name = basename(folder).replace(/\.latent$/i, '').trim().slice(0, 80) || 'Project' // prettier-ignore
        if (create) await makeFolder(folder)
        // The store knows a project when it sees one, also one whose damaged file was set aside: `create` is only for where none is.
        return enter(folder, create ? { name } : undefined)
      }),
    close: () => inTurn(closeOpen),
  }
}
