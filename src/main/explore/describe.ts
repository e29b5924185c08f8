/** What a recipe would need: asked of a trainer in `describe` mode that stays up while the wizard's form is being changed. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { StudioError } from '../../contract/errors'
import { TrainingSettings } from '../../contract/nouns'
import type { recipes as contract } from '../../contract/recipes'
import { Pack, type EngineChoice } from '../../contract/trainer'
import type { Recipes } from '../recipes'
import { checkSettings } from '../runs/settings'
import { exitError, startTrainer, toldError, type TrainerProcess } from '../runs/trainer-process'
import type { Service } from '../service'

export type Describe = Service<typeof contract>['describe']

const Needs = z.object({
  parameters: z.int(),
  memoryBytes: z.number(),
  networks: z.array(z.object({ name: z.string(), parameters: z.int() })),
  settings: z.record(z.string(), z.unknown()).optional(),
})
type Needs = z.infer<typeof Needs>

const IDLE_MS = 30_000
const ANSWER_MS = 60_000
const REMEMBERED = 200

export interface DescribeOptions {
  folder: string
  home: string
  engines: { choose(id?: string): Promise<EngineChoice> }
  recipes: Recipes
  command?: readonly [string, ...string[]]
}

export function createDescribe({ folder, home, engines, recipes, command }: DescribeOptions): {
  describe: Describe
  close(): Promise<void>
} {
  const known = new Map<string, Promise<Needs>>()
  const calls = new Map<number, { resolve: (needs: unknown) => void; reject: (error: Error) => void }>()
  let trainer: TrainerProcess | null = null
  let idle: NodeJS.Timeout | undefined
  let nextId = 1

  /** The running trainer, or a new one. */
  function describer(): TrainerProcess {
    if (trainer) return trainer
    const mine = startTrainer({
      home,
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
      if (trainer !== mine) return
      trainer = null
      for (const call of calls.values()) call.reject(exitError(exit))
      calls.clear()
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

  async function ask(input: Parameters<Describe>[0]): Promise<Needs> {
    const pack = Pack.parse(JSON.parse(await readFile(join(folder, 'versions', input.version, 'pack.json'), 'utf8')))
    const engine = await engines.choose()
    const id = nextId++
    const answer = Promise.withResolvers<unknown>()
    calls.set(id, answer)
    clearTimeout(idle)
    const late = setTimeout(() => trainer?.kill('SIGKILL'), ANSWER_MS)
    describer().send({
      type: 'describe',
      id,
      recipe: input.recipe,
      settings: input.settings,
      training: TrainingSettings.parse({ batchSize: input.batchSize }),
      data: { height: pack.height, width: pack.width, channels: pack.channels, items: pack.train },
      engine,
    })
    try {
      return Needs.parse(await answer.promise)
    } finally {
      clearTimeout(late)
      idle = setTimeout(() => void (calls.size === 0 && quit()), IDLE_MS)
      idle.unref()
    }
  }

  return {
    async describe(input) {
      const card = await recipes.get(input.recipe)
      checkSettings(card, input.settings)
      const key = JSON.stringify([input.recipe, input.version, input.batchSize, Object.entries(input.settings).sort()])
      let needs = known.get(key)
      if (!needs) {
        needs = ask(input)
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
