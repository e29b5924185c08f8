/** The place in a model's latent space that is looked at now: the map around it, the picture there, and the ways to move. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef } from 'vue'
import { StudioError } from '../../contract/errors'
import type { Direction, LatentMap, ModelInfo } from '../../contract/explore'
import type { Pictures, Run } from '../../contract/nouns'
import type { Prior } from '../../contract/prior'
import { History } from '../rooms/explore/history'
import { Latest } from '../rooms/explore/latest'
import { along, latentAt, type LatentVector, placeOf, strengthOf, withStrength } from '../rooms/explore/latents'
import { studio } from '../studio'
import { useJobs } from './jobs'

/** What a conditional model is told: these tags, or a share of the way to others; or a description. */
export interface Choice {
  tags?: string[]
  toTags?: string[]
  share?: number
  text?: string
}
/** An end of a morph: an item, or a picture that the model made. */
export interface End {
  item: string | null
  latent: LatentVector
  choice: Choice | null
  picture: Pictures | null
}
/** Pictures made at random; `tags` or `texts`: what the model was told of each. */
interface Made {
  latents: LatentVector[]
  pictures: Pictures
  tags: string[][] | null
  texts: string[] | null
}
/** A place, and what the model is told there. */
interface Place {
  latent: LatentVector
  origin: string | null
  choice: Choice | null
}
export interface Way {
  stops: LatentVector[]
  pictures: Pictures
}

/** How many ways to move are shown of each kind, and how many pictures a morph's strip has. */
const SLIDERS = 8
const STRIP = 9
const NEAREST = 4
/** Made pictures to choose from, where there is no map. */
const MADE = 24
/** How long a place must rest before its neighbours are looked up: they cost more than the picture. */
const REST = 180

export const useExplore = defineStore('explore', () => {
  const jobs = useJobs()
  const run = shallowRef<Run | null>(null)
  const model = shallowRef<ModelInfo | null>(null)
  const map = shallowRef<LatentMap | null>(null)
  const points = shallowRef(new Float32Array(0))
  const directions = shallowRef<Direction[]>([])
  const mapJob = ref<string | null>(null)
  const error = shallowRef<unknown>(null)

  const latent = shallowRef<LatentVector | null>(null)
  /** The item that the place was taken from, while it was not moved away. */
  const origin = ref<string | null>(null)
  const choice = shallowRef<Choice | null>(null)
  const picture = shallowRef<Pictures | null>(null)
  /** Pictures made at random, to go to where there is no map. */
  const made = shallowRef<Made | null>(null)
  const nearest = shallowRef<{ item: string; distance: number }[]>([])
  const ends = shallowRef<{ a: End | null; b: End | null }>({ a: null, b: null })
  const way = shallowRef<Way | null>(null)
  const along01 = ref(0)

  const history = shallowRef(new History<Place>())
  const canUndo = computed(() => history.value.canUndo)
  const canRedo = computed(() => history.value.canRedo)

  const principal = computed(() => directions.value.filter((one) => one.kind === 'principal').slice(0, SLIDERS))
  const tagged = computed(() => directions.value.filter((one) => one.kind === 'tag').sort((a, b) => b.accuracy - a.accuracy))
  const condition = computed(() => model.value?.condition ?? null)
  /** The tags that are chosen, or nearest to what is told. */
  const tags = computed(() => {
    const { tags = [], toTags = tags, share = 0 } = choice.value ?? {}
    return share < 0.5 ? tags : toTags
  })
  const place = computed(() => (map.value && latent.value ? placeOf(map.value, latent.value) : null))

  /** Answers for a run that was left must not appear in the next one. */
  let turn = 0
  let rest: ReturnType<typeof setTimeout> | undefined
  const fail = (thrown: unknown): void => void (error.value = thrown)

  const decoding = new Latest<{ turn: number; latent: LatentVector; choice: Choice | null }>(async (wish) => {
    if (wish.turn !== turn || !run.value) return
    const answer = await studio.explore.decode({ run: run.value.id, latents: [[...wish.latent]], ...wish.choice })
    if (wish.turn === turn) picture.value = answer
  }, fail)

  const looking = new Latest<{ turn: number; latent: LatentVector }>(async (wish) => {
    if (wish.turn !== turn || !run.value || !map.value) return
    const found = await studio.explore.nearest({ run: run.value.id, latent: [...wish.latent], count: NEAREST })
    if (wish.turn === turn) nearest.value = found
  }, fail)

  const here = (): Place => ({ latent: latent.value!, origin: origin.value, choice: choice.value })

  function show(to: Place): void {
    latent.value = to.latent
    origin.value = to.origin
    choice.value = to.choice
    decoding.ask({ turn, ...to })
    clearTimeout(rest)
    rest = setTimeout(() => looking.ask({ turn, latent: to.latent }), REST)
  }

  /** Goes to a latent. Moves of the same `group` in a row are one step for undo. */
  function go(to: LatentVector, from: string | null = null, group: string | null = null, told = choice.value): void {
    if (latent.value) {
      history.value.note(here(), group)
      triggerRef(history)
    }
    show({ latent: to, origin: from, choice: told })
  }

  function travel(way: 'undo' | 'redo'): void {
    if (!latent.value) return
    const state = history.value[way](here())
    triggerRef(history)
    if (state) show(state)
  }

  /** Opens a run's newest model and its map. */
  async function open(which: Run): Promise<void> {
    leave()
    const mine = ++turn
    run.value = which
    try {
      model.value = await studio.explore.open({ run: which.id })
      if (mine !== turn) return
      if (!model.value.abilities.includes('encode')) return await begin()
      const { job } = await studio.explore.map({ run: which.id })
      if (mine !== turn) return
      mapJob.value = job
      const found = await jobs.result<LatentMap>(job)
      const [places, ways] = await Promise.all([fetchPoints(found), studio.explore.directions({ run: which.id })])
      if (mine !== turn) return
      map.value = found
      points.value = places
      directions.value = ways
      if (!latent.value) show({ latent: found.mean, origin: null, choice: choice.value })
    } catch (thrown) {
      if (mine === turn) fail(thrown)
    } finally {
      if (mine === turn) mapJob.value = null
    }
  }

  /** Where there is no map: pictures to choose from, and the first of them. */
  async function begin(): Promise<void> {
    await makeMore(0, true)
    if (made.value) show(madeAt(0))
  }

  let madeSeed = 0
  /** Other pictures to choose from: with the tags that are chosen, or `mixed` as the person's own pictures are. */
  const makeMore = (seed: number, mixed: boolean): Promise<void> =>
    forRun(async (id) => {
      madeSeed = seed
      const answer = await studio.explore.generate({ run: id, count: MADE, seed, ...(!mixed && exactly()) })
      return () => (made.value = answer)
    })

  function madeAt(index: number): Place {
    const { latents, tags, texts } = made.value!
    const choice = tags ? { tags: tags[index]! } : texts && { text: texts[index]! }
    return { latent: latents[index]!, origin: null, choice }
  }

  const exactly = () => choice.value && (choice.value.text === undefined ? { tags: tags.value, exactly: true } : choice.value)
  /** No longer on the way from one to another. */
  const settledChoice = () => choice.value && (choice.value.text === undefined ? { tags: tags.value } : choice.value)

  /** Tells the model something else; the latent stays, and so do those of the pictures to choose from. */
  function tell(now: Choice): void {
    if (!latent.value) return
    go(latent.value, null, null, now)
    if (made.value) void makeMore(madeSeed, false)
  }

  /** Forgets the run; main unloads the model by itself when it rests. */
  function leave(): void {
    turn++
    clearTimeout(rest)
    run.value = model.value = map.value = latent.value = picture.value = way.value = choice.value = made.value = null
    points.value = new Float32Array(0)
    directions.value = nearest.value = []
    mapJob.value = origin.value = error.value = null
    ends.value = { a: null, b: null }
    history.value = new History()
  }

  const encoded = new Map<string, LatentVector>()
  /** An item's own latent, which is more than its place on the map. */
  async function latentOf(item: string): Promise<LatentVector> {
    const key = `${run.value!.id} ${model.value?.step} ${item}`
    const known = encoded.get(key)
    if (known) return known
    const { latents } = await studio.explore.encode({ run: run.value!.id, items: [item] })
    const found = latents[0]
    if (!found) throw new StudioError('not-found', { what: 'item', id: item })
    encoded.set(key, found)
    return found
  }

  /** Runs a task for the run that is open; its answer is dropped when another one is open by then. */
  async function forRun(task: (run: string) => Promise<() => void>): Promise<void> {
    const mine = turn
    if (!run.value) return
    try {
      const done = await task(run.value.id)
      if (mine === turn) done()
    } catch (thrown) {
      if (mine === turn) fail(thrown)
    }
  }

  const pickItem = (item: string): Promise<void> =>
    forRun(async () => {
      const found = await latentOf(item)
      return () => go(found, item)
    })

  /** Only of a model that encodes is it known where the pictures lie. */
  const fits = computed(() => model.value?.abilities.includes('encode') ?? false)
  const wish = ref<Prior>('fitted')
  const prior = computed({ get: (): Prior => (fits.value ? wish.value : 'standard'), set: (now) => (wish.value = now) })

  const surprise = (seed: number): Promise<void> =>
    forRun(async (id) => {
      const { latents, pictures } = await studio.explore.generate({ run: id, count: 1, seed, prior: prior.value, ...exactly() })
      return () => {
        picture.value = pictures
        go(latents[0]!)
      }
    })

  /** On the way from one choice to another. Between descriptions there is none: it stays with the last. */
  const toldOn = (a: Choice | null, b: Choice | null): Choice | null =>
    a?.tags && b?.tags ? { tags: a.tags, toTags: b.tags } : b

  /** Puts an end of the morph on an item, or on what is shown. */
  function setEnd(which: 'a' | 'b', item: string | null = null): Promise<void> {
    return forRun(async (id) => {
      const found = item === null ? latent.value! : await latentOf(item)
      const settled = settledChoice()
      const end: End = { item, latent: found, choice: settled, picture: item === null ? picture.value : null }
      const both = { ...ends.value, [which]: end }
      const made =
        both.a && both.b
          ? // Straight between items: means of the posterior do not lie on the prior's sphere.
            await studio.explore.morph({
              run: id,
              from: [...both.a.latent],
              to: [...both.b.latent],
              steps: STRIP,
              spherical: both.a.item === null && both.b.item === null,
              ...toldOn(both.a.choice, both.b.choice),
            })
          : null
      return () => {
        ends.value = both
        way.value = made && { stops: made.latents, pictures: made.pictures }
        along01.value = 0
        go(both.a?.latent ?? found, both.a?.item ?? item, null, both.a?.choice ?? choice.value)
      }
    })
  }

  /** Goes to a share (0 to 1) of the way from A to B. */
  function morphTo(share: number): void {
    if (!way.value) return
    along01.value = share
    const { a, b } = ends.value
    const told = a?.choice?.tags && b?.choice ? { ...toldOn(a.choice, b.choice), share } : choice.value
    go(along(way.value.stops, share), (share === 0 ? a?.item : share === 1 ? b?.item : null) ?? null, 'morph', told)
  }

  function clearMorph(): void {
    ends.value = { a: null, b: null }
    way.value = null
    along01.value = 0
  }

  return {
    run,
    model,
    map,
    points,
    directions,
    principal,
    tagged,
    mapJob,
    error,
    latent,
    origin,
    place,
    picture,
    condition,
    choice,
    tags,
    made,
    nearest,
    ends,
    way,
    along01,
    canUndo,
    canRedo,
    open,
    leave,
    go,
    pickItem,
    fits,
    prior,
    surprise,
    tell,
    makeMore,
    goMade(index: number): void {
      const { latent, choice } = madeAt(index)
      go(latent, null, null, choice)
    },
    setEnd,
    morphTo,
    clearMorph,
    undo: () => travel('undo'),
    redo: () => travel('redo'),
    settle: () => history.value.settle(),
    /** The made picture is put on a place of the map. */
    walk: (x: number, y: number, group: string | null = null) => map.value && go(latentAt(map.value, x, y), null, group),
    strength: (direction: Direction): number =>
      map.value && latent.value ? strengthOf(direction, map.value.mean, latent.value) : 0,
    /** Moves along one direction; what lies across it stays. */
    setStrength(direction: Direction, strength: number): void {
      if (map.value && latent.value) go(withStrength(direction, map.value.mean, latent.value, strength), null, direction.id)
    },
    /** Back to the average of all items. */
    center: () => map.value && go(map.value.mean),
  }
})

async function fetchPoints(map: LatentMap): Promise<Float32Array<ArrayBuffer>> {
  const answer = await fetch(map.points)
  if (!answer.ok) throw new StudioError('not-found', { what: 'map', id: map.run })
  const points = new Float32Array(await answer.arrayBuffer())
  if (points.length !== 2 * map.count) throw new StudioError('unexpected')
  return points
}
