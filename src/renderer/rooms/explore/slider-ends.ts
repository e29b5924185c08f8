/** The pictures at both ends of every slider, seen from the place that is looked at; drawn anew when it rests. */
import { onScopeDispose, shallowRef, type Ref, type ShallowRef, watch } from 'vue'
import type { Direction } from '../../../contract/explore'
import type { Pictures } from '../../../contract/nouns'
import { useExplore } from '../../stores/explore'
import { studio } from '../../studio'
import { withStrength } from './latents'

/** How far sliders go, in spreads of the items: beyond three there are hardly any. */
export const REACH = 3
/** The place rests this long before its ends are drawn: they are many pictures at once. */
const REST = 450

interface Ends {
  pictures: Pictures
  low: number
  high: number
}

export function useSliderEnds(directions: Ref<Direction[]>): ShallowRef<Map<string, Ends>> {
  const explore = useExplore()
  const ends = shallowRef(new Map<string, Ends>())
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function draw(): Promise<void> {
    const mine = ++turn
    const { run, map, latent, choice } = explore
    const all = directions.value
    if (!run || !map || !latent || !all.length) return
    const latents = all.flatMap((direction) =>
      [-REACH, REACH].map((strength) => withStrength(direction, map.mean, latent, strength)),
    )
    try {
      const pictures = await studio.explore.decode({ run: run.id, latents, ...choice })
      if (mine !== turn) return
      ends.value = new Map(all.map((direction, i) => [direction.id, { pictures, low: 2 * i, high: 2 * i + 1 }]))
    } catch {
      // The ends are a help only; the picture itself tells of the failure.
    }
  }

  watch(
    [() => explore.latent, () => explore.choice, directions],
    () => {
      clearTimeout(timer)
      timer = setTimeout(() => void draw(), ends.value.size ? REST : 50)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    turn++
    clearTimeout(timer)
  })
  return ends
}
