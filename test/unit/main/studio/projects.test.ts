import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StudioError } from '../../../../src/contract/errors'
import { createGrants, type Grants } from '../../../../src/main/grants'
import { createPreferences } from '../../../../src/main/preferences'
import { createProjects, safeFolderName, type Assemble, type OpenProject, type Projects } from '../../../../src/main/projects'

let home: string
let grants: Grants
let projects: Projects
let events: string[]

/** A project is a folder with a `project.db`; its id and name stand in it. */
const assemble: Assemble = async (folder, create) => {
  const file = join(folder, 'project.db')
  if (!create && !existsSync(folder)) throw new StudioError('path-not-found')
  if (create && !existsSync(file)) {
    await mkdir(folder, { recursive: true })
    await writeFile(file, JSON.stringify({ id: `p${Math.abs(hash(folder))}`, name: create.name }))
  }
  const about = JSON.parse(await readFile(file, 'utf8').catch(() => Promise.reject(new StudioError('project-foreign')))) as {
    id: string
    name: string
  }
  events.push(`open ${about.name}`)
  const store = { project: async () => ({ ...about, createdAt: 0 }) }
  return { folder, store, close: async () => void events.push(`close ${about.name}`) } as unknown as OpenProject
}
const hash = (text: string) => [...text].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) | 0, 7)
const again = () => createProjects({ home, grants, assemble })

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'latent-home-'))
  grants = createGrants()
  events = []
  projects = again()
})
afterEach(() => rm(home, { recursive: true, force: true }))

const code = (promise: Promise<unknown>) => promise.then(() => 'no error', (error: { code?: string }) => error.code) // prettier-ignore

describe('projects', () => {
  it('are made in the home, each in a folder of its own', async () => {
    const first = await projects.create({ name: 'Cats' })
    const second = await projects.create({ name: 'Cats' })
    expect([first.folder, second.folder]).toEqual([
      join(home, 'projects', 'Cats.latent'),
      join(home, 'projects', 'Cats 2.latent'),
    ])
    expect(events).toEqual(['open Cats', 'open Cats', 'close Cats'])
    expect(await projects.current()).toEqual(second)
  })

  it('are made in a granted folder', async () => {
    const folder = join(home, 'elsewhere')
    await mkdir(folder)
    const made = await projects.create({ name: 'Dogs', folder: grants.give(folder) })
    expect(made.folder).toBe(join(folder, 'Dogs.latent'))
  })

  it('are remembered newest first, by a later studio too, without those that are gone', async () => {
    const [a, b, c] = [
      await projects.create({ name: 'A' }),
      await projects.create({ name: 'B' }),
      await projects.create({ name: 'C' }),
    ]
    await again().open({ id: a.id })
    expect((await again().recent()).map(({ name }) => name)).toEqual(['A', 'C', 'B'])
    await rm(b.folder, { recursive: true })
    expect((await again().recent()).map(({ id }) => id)).toEqual([a.id, c.id])
    expect(await readdir(home)).toEqual(['projects', 'projects.json'])
  })

  it('open by id or grant, close the one before, and open no second time', async () => {
    const [a, b] = [await projects.create({ name: 'A' }), await projects.create({ name: 'B' })]
    events = []
    await projects.open({ id: a.id })
    await projects.open({ grant: grants.give(a.folder) })
    expect(events).toEqual(['open A', 'close B'])
    await projects.close()
    expect(await projects.current()).toBeNull()
    expect(() => projects.opened()).toThrow(expect.objectContaining({ code: 'project-none' }) as Error)
    expect((await projects.open({ grant: grants.give(b.folder) })).id).toBe(b.id)
  })

  it('take turns when two windows ask at once', async () => {
    await Promise.all([projects.create({ name: 'A' }), projects.create({ name: 'B' }), projects.close()])
    expect(events).toEqual(['open A', 'open B', 'close A', 'close B'])
  })

  it('refuse an unknown id, a grant nobody gave, and a folder that is none', async () => {
    expect(await code(projects.open({ id: 'nope' }))).toBe('not-found')
    expect(await code(projects.open({ grant: `g${'0'.repeat(32)}` }))).toBe('grant-unknown')
    expect(await code(projects.openFolder(join(home, 'nothing')))).toBe('path-not-found')
    expect(await code(projects.openFolder(home))).toBe('project-foreign')
    await writeFile(join(home, 'file'), '')
    expect(await code(projects.openFolder(join(home, 'file', 'project'), { create: true }))).toBe('file-unwritable')
  })

  it('stay open when another cannot be opened', async () => {
    const a = await projects.create({ name: 'A' })
    expect(await code(projects.openFolder(home))).toBe('project-foreign')
    expect(await projects.current()).toEqual(a)
    expect(events).toEqual(['open A'])
  })

  it('are made by hosts with paths exactly where they say', async () => {
    const folder = join(home, 'my faces')
    expect(await projects.openFolder(folder, { create: true })).toMatchObject({ folder, name: 'my faces' })
    expect(existsSync(join(folder, 'project.db'))).toBe(true)
  })

  it('survive a damaged list', async () => {
    await writeFile(join(home, 'projects.json'), '{"half')
    expect(await projects.recent()).toEqual([])
    await projects.create({ name: 'A' })
    expect(await again().recent()).toHaveLength(1)
  })
})

describe('a folder name', () => {
  it.each([
    ['Cats & Dogs', 'Cats & Dogs'],
    ['猫', '猫'],
    ['../../etc', 'etc'],
    ['a/b\\c:d*e?"f<g>h|i', 'a b c d e f g h i'],
    [' .hidden. ', 'hidden'],
    ['CON', 'CON-project'],
    ['nul.txt', 'nul.txt-project'],
    ['...', 'Project'],
    ['\u0000\u0007', 'Project'],
  ])('%j becomes %j', (name, folder) => expect(safeFolderName(name)).toBe(folder))
})

describe('preferences', () => {
  it('are kept, and start from the system', async () => {
    const preferences = createPreferences(home)
    expect(await preferences.get()).toEqual({ locale: null, theme: 'system' })
    await Promise.all([preferences.set({ theme: 'dark' }), preferences.set({ locale: 'zh-CN' })])
    expect(await createPreferences(home).get()).toEqual({ locale: 'zh-CN', theme: 'dark' })
  })

  it('survive a damaged file', async () => {
    await writeFile(join(home, 'preferences.json'), 'null')
    expect(await createPreferences(home).get()).toEqual({ locale: null, theme: 'system' })
  })
})
