/** A matrix product in registers (Goto & van de Geijn 2008), for a processor with 4-wide vectors. */
import {
  copyFloat,
  decrease,
  store2,
  store4,
  storeInt,
  add,
  and,
  choose,
  divide,
  equal,
  get,
  i32,
  increase,
  least,
  less,
  load4,
  loadInt,
  loadSplat,
  more,
  mul,
  multiplyAdd,
  remainder,
  repeatWhile,
  set,
  shuffle,
  storeLane,
  when,
  zeros,
} from './assembler'
import type { Function, Code } from './assembler'

/** Rows and columns of the product that are in registers at once: 12 sums, two of B and one of A are 15, all that V8 gives. */
export const ROWS = 6
export const COLUMNS = 8

/**
 * C = A · B, or C += A · B. A: `rows` × `inner`, rows `lda` bytes apart. B: panels of 8 columns, as `pack` writes them,
 * `panelStride` bytes apart. C: its rows' addresses are in `table`. Columns beyond `columns` are not written.
 */
export const multiply = (relaxed: boolean): Function => ({
  name: 'multiply',
  parameters: 9,
  write({ int, vector }, a, lda, b, panelStride, table, rows, columns, inner, adding) {
    const [offset, entry, left, base, at, count] = [int(), int(), int(), int(), int(), int()] as const
    const as = Array.from({ length: ROWS }, int)
    const cs = Array.from({ length: ROWS }, int)
    const sums = Array.from({ length: ROWS }, () => [vector(), vector()] as const)
    const [b0, b1, one] = [vector(), vector(), vector()] as const
    const products = (place: number, wide: boolean): Code => [
      ...set(b0, load4(get(at), place * 32)),
      ...(wide ? set(b1, load4(get(at), place * 32 + 16)) : []),
      ...sums.flatMap(([low, high], i) => [
        ...set(one, loadSplat(get(as[i]!), place * 4)),
        ...set(low, multiplyAdd(relaxed, get(one), get(b0), get(low))),
        ...(wide ? set(high, multiplyAdd(relaxed, get(one), get(b1), get(high))) : []),
      ]),
    ]
    const forward = (by: number): Code => [
      ...as.flatMap((local) => increase(local, i32(4 * by))),
      ...increase(at, i32(32 * by)),
      ...decrease(count, i32(by)),
    ]
    const along = (wide: boolean): Code => [
      ...repeatWhile(least(get(count), i32(4)), [...[0, 1, 2, 3].flatMap((place) => products(place, wide)), ...forward(4)]),
      ...repeatWhile(more(get(count), i32(0)), [...products(0, wide), ...forward(1)]),
    ]
    // Where fewer rows are left, the last is computed again: the same values are written twice to the same place.
    const point: Code = as.flatMap((local, i) =>
      i === 0
        ? [...set(local, get(base)), ...set(cs[0]!, add(loadInt(get(entry)), get(offset)))]
        : [
            ...set(local, choose(more(get(left), i32(i)), add(get(as[i - 1]!), get(lda)), get(as[i - 1]!))),
            ...set(cs[i]!, get(cs[i - 1]!)),
            ...when(more(get(left), i32(i)), set(cs[i]!, add(loadInt(get(entry), 4 * i), get(offset)))),
          ],
    )
    const begin = when(
      get(adding),
      sums.flatMap(([low, high], i) => [...set(low, load4(get(cs[i]!))), ...set(high, load4(get(cs[i]!), 16))]),
      sums.flatMap(([low, high]) => [...set(low, zeros), ...set(high, zeros)]),
    )
    const whole = sums.flatMap(([low, high], i) => [...store4(get(cs[i]!), get(low)), ...store4(get(cs[i]!), get(high), 16)])
    const part = sums.flatMap(([low, high], i) => [
      ...when(and(get(columns), i32(4)), [
        ...store4(get(cs[i]!), get(low)),
        ...increase(cs[i]!, i32(16)),
        ...set(low, get(high)),
      ]),
      ...when(and(get(columns), i32(2)), [
        ...store2(get(cs[i]!), get(low)),
        ...increase(cs[i]!, i32(8)),
        ...set(low, shuffle(get(low), get(low), [2, 3, 2, 3])),
      ]),
      ...when(and(get(columns), i32(1)), storeLane(get(cs[i]!), get(low), 0)),
    ])
    return [
      ...set(offset, i32(0)),
      ...repeatWhile(more(get(columns), i32(0)), [
        ...set(base, get(a)),
        ...set(entry, get(table)),
        ...set(left, get(rows)),
        ...repeatWhile(more(get(left), i32(0)), [
          ...point,
          ...begin,
          ...set(at, get(b)),
          ...set(count, get(inner)),
          // Pictures have 1 to 4 channels: half of the work where a panel has no more columns.
          ...when(more(get(columns), i32(4)), along(true), along(false)),
          ...when(least(get(columns), i32(COLUMNS)), whole, part),
          ...increase(base, mul(get(lda), i32(ROWS))),
          ...increase(entry, i32(4 * ROWS)),
          ...decrease(left, i32(ROWS)),
        ]),
        ...increase(b, get(panelStride)),
        ...increase(offset, i32(4 * COLUMNS)),
        ...decrease(columns, i32(COLUMNS)),
      ]),
    ]
  },
})

/**
 * B for `multiply`: element (k, n) is at `source` + k·`rowStride` + n·`columnStride`. Written as panels of 8 columns (the last
 * one filled up with zeros): [panel][inner][8], panels `panelStride` bytes apart.
 */
export const pack: Function = {
  name: 'pack',
  parameters: 7,
  write({ int }, source, rowStride, columnStride, out, panelStride, inner, columns) {
    const [from, to, count, column, each] = [int(), int(), int(), int(), int()] as const
    const wide: Code = [
      ...store4(get(to), load4(get(from))),
      ...store4(get(to), load4(get(from), 16), 16),
      ...increase(to, i32(32)),
    ]
    const single: Code = [
      ...set(column, i32(0)),
      ...set(each, get(from)),
      ...repeatWhile(less(get(column), i32(COLUMNS)), [
        ...when(
          less(get(column), get(columns)),
          [...copyFloat(get(to), get(each)), ...increase(each, get(columnStride))],
          storeLane(get(to), zeros, 0),
        ),
        ...increase(to, i32(4)),
        ...increase(column, i32(1)),
      ]),
    ]
    const everyRow = (row: Code): Code =>
      repeatWhile(more(get(count), i32(0)), [...row, ...increase(from, get(rowStride)), ...decrease(count, i32(1))])
    return repeatWhile(more(get(columns), i32(0)), [
      ...set(from, get(source)),
      ...set(to, get(out)),
      ...set(count, get(inner)),
      ...when(and(least(get(columns), i32(COLUMNS)), equal(get(columnStride), i32(4))), everyRow(wide), everyRow(single)),
      ...increase(source, mul(get(columnStride), i32(COLUMNS))),
      ...increase(out, get(panelStride)),
      ...decrease(columns, i32(COLUMNS)),
    ])
  },
}

/** Addresses of C's rows: pixels `first` … of a picture whose rows are `width` pixels, at `base`. */
export const tabulate: Function = {
  name: 'tabulate',
  parameters: 7,
  write(_, table, base, first, count, width, pixelStride, rowStride) {
    return repeatWhile(more(get(count), i32(0)), [
      ...storeInt(
        get(table),
        add(
          get(base),
          add(mul(divide(get(first), get(width)), get(rowStride)), mul(remainder(get(first), get(width)), get(pixelStride))),
        ),
      ),
      ...increase(table, i32(4)),
      ...increase(first, i32(1)),
      ...decrease(count, i32(1)),
    ])
  },
}
