/** What a recipe would need: asked of a trainer in `describe` mode that stays up while the wizard's form is being changed. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '../../contract/errors'
import { Needs, type Room } from '../../contract/memory'
import { TrainingSettings } from '../../contract/nouns'
import type { RecipeCard, recipes as contract } from '../../contract/recipes'
import { Pack, type EngineChoice } from '../../contract/trainer'
import type { Engines } from '../engines'
import { computerMemory } from '../memory'
import type { Recipes } from '../recipes'
import { checkSettings } from '../runs/settings'
import { exitError, startTrainer, toldError, type TrainerProcess } from '../runs/trainer-process'
import type { Service } from '../service'

export type Describe = Service<typeof contract>['describe']

const IDLE_MS = 30_000
const ANSWER_MS = 60_000
const REMEMBERED = 200
/** An answer holds for as long as the free memory changes by less, as a share of all. */
const GRAIN = 1 / 64

export interface DescribeOptions {
  folder: string
  home: string
  engines: Pick<Engines, 'choose' | 'list'>
  recipes: Recipes
  /** For tests. */
  memory?: () => Pick<Room, 'total' | 'free'>
  command?: readonly [string, ...string[]]
}

export function createDescribe({ folder, home, engines, recipes, memory = computerMemory, command }: DescribeOptions): {
  describe: Describe
  close(): Promise<void>
} {
  const known = new Map<string, Promise<Needs>>()
  const calls = new Map<number, { asked: TrainerProcess; resolve: (needs: unknown) => void; reject: (error: Error) => void }>()
  let trainer: TrainerProcess | null = null
  let startedWith = ''
  let idle: NodeJS.Timeout | undefined
  let nextId = 1

  /** The running trainer, or a new one where there is none or it was started for another engine. */
  function describer(engine: EngineChoice): TrainerProcess {
    const key = JSON.stringify(engine)
    if (trainer && key === startedWith) return trainer
    void quit()
    startedWith = key
    const mine = startTrainer({
      home,
      engine,
      command,
      onEvent(event) {
        if (!('id' in event) || event.type === 'call-progress') return
        const call = calls.get(event.id)
        if (event.type === 'result') call?.resolve(event.result)
        else call?.reject(toldError(event))
        calls.delete(event.id)
      },
    })
    void mine.exited.then((exit) => {
      if (trainer === mine) trainer = null
      for (const [id, call] of calls) {
        if (call.asked !== mine) continue
        call.reject(exitError(exit))
        calls.delete(id)
      }
    })
    return (trainer = mine)
  }

  async function quit(): Promise<void> {
    clearTimeout(idle)
    const old = trainer
    if (!old) return
    old.send({ type: 'quit' })
    const impatient = setTimeout(() => old.kill('SIGKILL'), 3000)
    await old.exited
    clearTimeout(impatient)
  }

  async function ask(input: Parameters<Describe>[0], card: RecipeCard, room: Room): Promise<Needs> {
    const pack = Pack.parse(JSON.parse(await readFile(join(folder, 'versions', input.version, 'pack.json'), 'utf8')))
    const engine = await engines.choose(input.engine)
    const id = nextId++
    const answer = Promise.withResolvers<unknown>()
    clearTimeout(idle)
    const asked = describer(engine)
    calls.set(id, { asked, ...answer })
    const late = setTimeout(() => asked.kill('SIGKILL'), ANSWER_MS)
    asked.send({
      type: 'describe',
      id,
      recipe: input.recipe,
      settings: input.settings,
      training: TrainingSettings.parse({ ...card.training, ...input.training }),
      data: { height: pack.height, width: pack.width, channels: pack.channels, items: pack.train, tags: pack.tags },
      stored: pack.items * pack.height * pack.width * pack.channels,
      engine,
      room,
    })
    try {
      return Needs.parse(await answer.promise)
    } finally {
      clearTimeout(late)
      idle = setTimeout(() => void (calls.size === 0 && quit()), IDLE_MS)
      idle.unref()
    }
  }

  /** Of the device that would compute: the chosen engine's, or that of the best. */
  async function deviceMemory(id: string | undefined): Promise<number | null> {
    const states = await engines.list({ check: 'known' })
    return states.find((state) => (id === undefined ? state.ready : state.id === id))?.memoryBytes ?? null
  }

  return {
    async describe(input) {
      const card = await recipes.get(input.recipe)
      checkSettings(card, input.settings)
      const room = { ...memory(), device: await deviceMemory(input.engine) }
      const { recipe, version, engine, settings, training } = input
      const free = Math.round(room.free / (room.total * GRAIN))
      const key = JSON.stringify([
        recipe,
        version,
        engine,
        free,
        ...[settings, training].map((one) => Object.entries(one).sort()),
      ])
      let needs = known.get(key)
      if (!needs) {
        needs = ask(input, card, room)
        known.set(key, needs)
        needs.catch(() => known.delete(key))
        if (known.size > REMEMBERED) known.delete(known.keys().next().value!)
      }
      return needs.catch((thrown: unknown) => {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT')
          throw new StudioError('not-found', { what: 'version', id: input.version })
        throw thrown
      })
    },
    close: quit,
  }
}
