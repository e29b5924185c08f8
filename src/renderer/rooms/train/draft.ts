/** The training that is being put together: every choice has a good default, and stays while other rooms are visited. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { isOfTexts } from '../../../contract/nouns'
import type { Augmentation, Balance, Dataset, Preparation, StopRule, Version } from '../../../contract/nouns'
import type { RecipeCard } from '../../../contract/recipes'
import { useDatasets } from '../../stores/datasets'
import { studio } from '../../studio'

export type Goal = RecipeCard['goals'][number]
/** In the order of the cards. */
export const GOALS: readonly Goal[] = ['more-like-these', 'morph', 'find-odd', 'compress']
export const LENGTHS = ['quick', 'good', 'thorough', 'own'] as const
export type Length = (typeof LENGTHS)[number]
export type OwnLength = Exclude<StopRule['by'], 'converged'>

/** Minutes of training behind the plain words. */
const MINUTES = { quick: 1, good: 5, thorough: 30 }
/** What an own length begins with. */
export const OWN_DEFAULTS: Record<OwnLength, number> = { steps: 2000, epochs: 30, minutes: 10 }

/** When a run of this length ends. `converges`: whether its losses tell when nothing improves any more. */
export function stopOf(length: Length, own: { by: OwnLength; amount: number }, converges = true): StopRule {
  if (length === 'thorough' && converges) return { by: 'converged' }
  if (length !== 'own') return { by: 'minutes', minutes: MINUTES[length] }
  if (own.by === 'steps') return { by: 'steps', steps: Math.max(1, Math.round(own.amount)) }
  if (own.by === 'epochs') return { by: 'epochs', epochs: own.amount }
  return { by: 'minutes', minutes: own.amount }
}

/** Recipes that can do this with such data, in the catalogue's order. */
export function recipesFor(catalogue: readonly RecipeCard[], goal: Goal, kind: Dataset['kind']): RecipeCard[] {
  return catalogue.filter((card) => card.goals.includes(goal) && card.data.includes(kind))
}

/** Fewest pictures that training takes. */
export const LEAST_ITEMS = 16

export const useDraft = defineStore('draft', () => {
  const datasets = useDatasets()
  const catalogue = shallowRef<RecipeCard[]>([])
  const trainingSchema = shallowRef<Record<string, unknown>>({})

  const goal = ref<Goal>('more-like-these')
  const chosenDataset = ref<string | null>(null)
  const chosenRecipe = ref<string | null>(null)
  const suggested = shallowRef<Preparation | null>(null)
  /** What a person changed about the preparation; the rest is as suggested. */
  const own = ref<Partial<Preparation>>({})
  /** A version picked in the data room: trained on as it is, for as long as the choices still name it. */
  const picked = shallowRef<Version | null>(null)
  const length = ref<Length>('quick')
  const ownLength = reactive<{ by: OwnLength; amount: number }>({ by: 'minutes', amount: OWN_DEFAULTS.minutes })
  const name = ref('')
  /** What was chosen by hand, by recipe: one recipe's settings mean nothing to another. */
  const chosen = reactive<Record<string, { settings: Record<string, unknown>; training: Record<string, unknown> }>>({})
  const balance = shallowRef<Balance | null>(null)
  const augment = shallowRef<Augmentation[]>([])

  const usable = computed(() => datasets.list.filter((dataset) => dataset.items > 0))
  const dataset = computed(
    () =>
      usable.value.find((one) => one.id === chosenDataset.value) ??
      usable.value.toSorted((a, b) => b.createdAt - a.createdAt)[0] ??
      null,
  )
  const fitting = computed(() => recipesFor(catalogue.value, goal.value, dataset.value?.kind ?? 'images'))
  const recipe = computed(() => fitting.value.find((card) => card.id === chosenRecipe.value) ?? fitting.value[0] ?? null)
  const preparation = computed<Preparation | null>(() => suggested.value && { ...suggested.value, ...own.value })

  const ofRecipe = (part: 'settings' | 'training') =>
    computed<Record<string, unknown>>({
      get: () => chosen[recipe.value?.id ?? '']?.[part] ?? {},
      set: (now) => {
        const id = recipe.value?.id ?? ''
        chosen[id] = { settings: {}, training: {}, ...chosen[id], [part]: now }
      },
    })

  // What fits one dataset says nothing about another, and its tags are others.
  watch(
    () => dataset.value?.id,
    () => (suggested.value = balance.value = null),
    { flush: 'sync' },
  )

  async function loadCatalogue(): Promise<void> {
    if (catalogue.value.length) return
    const [cards, schema] = await Promise.all([studio.recipes.list(), studio.recipes.training()])
    catalogue.value = cards
    trainingSchema.value = schema
  }

  /** Asks what size and colour would fit the dataset; a newer answer replaces an older one. */
  async function suggest(): Promise<void> {
    const which = dataset.value?.id
    if (!which) return
    const answer = await studio.datasets.suggest({ dataset: which })
    if (dataset.value?.id === which && !isOfTexts(answer)) suggested.value = answer
  }

  let frozen: { key: string; version: Promise<Version> } | null = null
  /** Freezes the version that the choices name, behind the scenes and once; asking again costs nothing. */
  function prepare(): Promise<Version> {
    const [which, how] = [dataset.value!, preparation.value!]
    const { value: version } = picked
    if (
      version?.dataset === which.id &&
      Object.entries(version.preparation).every(([key, value]) => how[key as keyof Preparation] === value)
    )
      return Promise.resolve(version)
    // What was imported since makes another version.
    const key = JSON.stringify([which.id, which.items, how])
    if (frozen?.key !== key) {
      const version = datasets.freeze(which.id, how)
      frozen = { key, version }
      // A failed one may be tried again.
      version.catch(() => frozen?.version === version && (frozen = null))
    }
    return frozen.version
  }

  /** Everything as a newcomer finds it, with the newest dataset. */
  function preset(): void {
    goal.value = 'more-like-these'
    chosenDataset.value = chosenRecipe.value = null
    picked.value = null
    own.value = {}
    for (const id of Object.keys(chosen)) delete chosen[id]
    balance.value = null
    augment.value = []
    length.value = 'quick'
    name.value = ''
  }

  /** Everything preset, but for the pictures: they are those of a version that is frozen already. */
  function pickVersion(version: Version): void {
    preset()
    picked.value = version
    chosenDataset.value = version.dataset
    own.value = isOfTexts(version.preparation) ? {} : { ...version.preparation }
  }

  function choosePreparation(change: Partial<Preparation>): void {
    own.value = { ...own.value, ...change }
  }

  return {
    catalogue,
    trainingSchema,
    goal,
    chosenDataset,
    chosenRecipe,
    suggested,
    preparation,
    length,
    ownLength,
    name,
    settings: ofRecipe('settings'),
    training: ofRecipe('training'),
    balance,
    augment,
    usable,
    dataset,
    fitting,
    recipe,
    loadCatalogue,
    suggest,
    prepare,
    preset,
    pickVersion,
    choosePreparation,
    stop: computed(() => stopOf(length.value, ownLength, recipe.value?.converges)),
  }
})
