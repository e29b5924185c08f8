/** Texts that a run wrote: where they are, and those that have arrived. */
import { onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { Sample } from '../../../contract/nouns'

/** The address of a sample's texts; null where it has none. */
export function linesOf(sample: Sample | null | undefined): string | null {
  return sample?.sheets.some(({ name }) => name === 'lines') ? `/media/samples/${sample.run}/${sample.step}/lines.json` : null
}

/** The newest of the wanted texts that have arrived, so that they are never replaced by an empty place. */
export function useLines(wanted: Ref<string | null>): ShallowRef<string[] | null> {
  const lines = shallowRef<string[] | null>(null)
  let turn = 0
  watch(
    wanted,
    async (address) => {
      const mine = ++turn
      if (!address) return void (lines.value = null)
      const arrived = await fetch(address)
        .then((answer) => (answer.ok ? (answer.json() as Promise<string[]>) : null))
        .catch(() => null)
      if (mine === turn && arrived) lines.value = arrived
    },
    { immediate: true },
  )
  onScopeDispose(() => turn++)
  return lines
}
