/** Sheets of pictures that a run drew: where they are, and how their tiles fit a space. */
import { onScopeDispose, shallowRef, type ShallowRef, watch } from 'vue'
import type { PictureSheet, Sample } from '../../../contract/nouns'

export type SheetName = PictureSheet['name']
export interface Sheet {
  src: string
  count: number
  columns: number
}

export function sheetOf(sample: Sample | null | undefined, name: SheetName): Sheet | null {
  const sheet = sample?.sheets.find((one): one is PictureSheet => one.name === name)
  return sheet
    ? { src: `/media/samples/${sample!.run}/${sample!.step}/${name}.png`, count: sheet.count, columns: sheet.columns }
    : null
}

/**
 * Columns with which `count` square tiles become largest in a space, when every row is as high as `rowsPerTile` tiles.
 * Gaps between tiles are counted in.
 */
export function columnsFor(count: number, width: number, height: number, gap: number, rowsPerTile = 1): number {
  let best = { columns: 1, side: 0 }
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns)
    const side = Math.min((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / (rows * rowsPerTile))
    if (side > best.side) best = { columns, side }
  }
  return best.columns
}

/** Side of the tiles for these columns: as wide as fits, and no higher. */
export function sideFor(count: number, columns: number, width: number, height: number, gap: number, rowsPerTile = 1): number {
  const rows = Math.ceil(count / columns)
  return Math.max(
    16,
    Math.floor(Math.min((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / (rows * rowsPerTile))),
  )
}

/** The newest of the wanted addresses that has arrived, so that a picture is never replaced by an empty place. */
export function useArrived(wanted: () => Sheet | null): ShallowRef<Sheet | null> {
  const arrived = shallowRef<Sheet | null>(null)
  let turn = 0
  watch(
    () => wanted()?.src,
    (src) => {
      const mine = ++turn
      const sheet = wanted()
      if (!src || !sheet) {
        arrived.value = null
        return
      }
      const image = new Image()
      image.onload = () => mine === turn && (arrived.value = sheet)
      image.src = src
    },
    { immediate: true },
  )
  onScopeDispose(() => turn++)
  return arrived
}

/** At most `most` of `count` places, evenly, with the first and the last. */
export function evenly(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)))
}
