/** What a recipe would need: asked of a trainer in `describe` mode that stays up while the wizard's form is being changed. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StudioError } from '../../contract/errors'
import { Needs, type Room } from '../../contract/memory'
import { TrainingSettings } from '../../contract/nouns'
import { trainingDefaults, type RecipeCard, type recipes as contract } from '../../contract/recipes'
import { bytesOf, factsOf } from '../../contract/facts'
import { AnyPack } from '../../contract/trainer'
import type { Engines } from '../engines'
import { computerMemory } from '../memory'
import type { Recipes } from '../recipes'
import { checkSettings } from '../runs/settings'
import type { Service } from '../service'
import type { Store } from '../store/store'
import type { Asking } from './asking'

export type Describe = Service<typeof contract>['describe']

const REMEMBERED = 200
/** An answer holds for as long as the free memory changes by less, as a share of all. */
const GRAIN = 1 / 64

export interface DescribeOptions {
  store: Pick<Store, 'getVersion' | 'getDataset'>
  folder: string
  engines: Pick<Engines, 'choose' | 'list'>
  recipes: Recipes
  /** For tests. */
  memory?: () => Pick<Room, 'total' | 'free'>
}

export function createDescribe(
  { store, folder, engines, recipes, memory = computerMemory }: DescribeOptions,
  asking: Asking,
): Describe {
  const known = new Map<string, Promise<Needs>>()
  async function ask(input: Parameters<Describe>[0], card: RecipeCard, room: Room): Promise<Needs> {
    const pack = AnyPack.parse(JSON.parse(await readFile(join(folder, 'versions', input.version, 'pack.json'), 'utf8')))
    if (!card.data.includes(pack.kind)) {
      const { dataset } = await store.getVersion(input.version)
      throw new StudioError('kind-differs', { dataset: (await store.getDataset(dataset)).name, kind: pack.kind })
    }
    const data = factsOf(pack)
    const engine = await engines.choose(input.engine)
    const question = {
      type: 'describe' as const,
      recipe: input.recipe,
      settings: input.settings,
      training: TrainingSettings.parse({ ...trainingDefaults(card, input.settings), ...input.training }),
      data,
      stored: pack.items * bytesOf(data),
      engine,
      room,
    }
    return Needs.parse(await asking.ask(question, engine))
  }

  /** Of the device that would compute: the chosen engine's, or that of the best. */
  async function deviceMemory(id: string | undefined): Promise<number | null> {
    const states = await engines.list({ check: 'known' })
    return states.find((state) => (id === undefined ? state.ready : state.id === id))?.memoryBytes ?? null
  }

  return async (input) => {
    const card = await recipes.get(input.recipe)
    checkSettings(card, input.settings)
    const room = { ...memory(), device: await deviceMemory(input.engine) }
    const { recipe, version, engine, settings, training } = input
    const free = Math.round(room.free / (room.total * GRAIN))
    const key = JSON.stringify([recipe, version, engine, free, ...[settings, training].map((one) => Object.entries(one).sort())])
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
  }
}
