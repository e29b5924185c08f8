/** What cuts pictures into the matrices that a convolution multiplies, upright and turned. */
import {
  copyFloat,
  decrease,
  store4,
  storeLane,
  add,
  divide,
  equal,
  get,
  i32,
  increase,
  larger,
  least,
  lessUnsigned,
  load4,
  more,
  mul,
  remainder,
  repeatWhile,
  set,
  shiftLeft,
  shuffle,
  smaller,
  sub,
  when,
  zeros,
} from './assembler'
import type { Function, Local, Code } from './assembler'

const floatBytes = (count: Code): Code => shiftLeft(count, i32(2))

/** `count` floats from `from` to `to`; all three locals move on. */
const copyRun = (to: Local, from: Local, count: Local): Code => [
  ...repeatWhile(least(get(count), i32(4)), [
    ...store4(get(to), load4(get(from))),
    ...increase(to, i32(16)),
    ...increase(from, i32(16)),
    ...decrease(count, i32(4)),
  ]),
  ...repeatWhile(more(get(count), i32(0)), [
    ...copyFloat(get(to), get(from)),
    ...increase(to, i32(4)),
    ...increase(from, i32(4)),
    ...decrease(count, i32(1)),
  ]),
]

/** `count` zeros at `to`; both locals move on. */
const zeroRun = (to: Local, count: Local): Code => [
  ...repeatWhile(least(get(count), i32(4)), [...store4(get(to), zeros), ...increase(to, i32(16)), ...decrease(count, i32(4))]),
  ...repeatWhile(more(get(count), i32(0)), [
    ...storeLane(get(to), zeros, 0),
    ...increase(to, i32(4)),
    ...decrease(count, i32(1)),
  ]),
]

/**
 * Patches of one picture as rows: [pixels, filterHeight · filterWidth · channels], for the output pixels `first` … . The patch of
 * output (y, x) begins at input (y · strideY + originY, x · strideX + originX); what lies outside of the picture is 0.
 */
export const patches: Function = {
  name: 'patches',
  parameters: 14,
  write(
    { int },
    picture,
    out,
    first,
    count,
    outWidth,
    filterHeight,
    filterWidth,
    strideY,
    strideX,
    originY,
    originX,
    height,
    width,
    channels,
  ) {
    const [row, line, column, before, within, after, from, run] = [
      int(),
      int(),
      int(),
      int(),
      int(),
      int(),
      int(),
      int(),
    ] as const
    return repeatWhile(more(get(count), i32(0)), [
      ...set(row, add(mul(divide(get(first), get(outWidth)), get(strideY)), get(originY))),
      ...set(column, add(mul(remainder(get(first), get(outWidth)), get(strideX)), get(originX))),
      ...set(before, smaller(larger(sub(i32(0), get(column)), i32(0)), get(filterWidth))),
      ...set(within, larger(sub(smaller(get(filterWidth), sub(get(width), get(column))), get(before)), i32(0))),
      ...set(after, sub(sub(get(filterWidth), get(before)), get(within))),
      ...set(line, get(filterHeight)),
      ...repeatWhile(more(get(line), i32(0)), [
        ...when(
          lessUnsigned(get(row), get(height)),
          [
            ...set(run, mul(get(before), get(channels))),
            ...zeroRun(out, run),
            ...set(
              from,
              add(get(picture), floatBytes(mul(add(mul(get(row), get(width)), add(get(column), get(before))), get(channels)))),
            ),
            ...set(run, mul(get(within), get(channels))),
            ...copyRun(out, from, run),
            ...set(run, mul(get(after), get(channels))),
            ...zeroRun(out, run),
          ],
          [...set(run, mul(get(filterWidth), get(channels))), ...zeroRun(out, run)],
        ),
        ...increase(row, i32(1)),
        ...decrease(line, i32(1)),
      ]),
      ...increase(first, i32(1)),
      ...decrease(count, i32(1)),
    ])
  },
}

/**
 * The same patches turned: rows are the places `place` … of a patch, columns the output pixels `first` … ; rows are `stride`
 * bytes apart. `group` is 4 where channels and places come in fours (then four rows are written at once), otherwise 1.
 */
export const turnedPatches: Function = {
  name: 'turnedPatches',
  parameters: 17,
  write(
    { int, vector },
    picture,
    out,
    stride,
    place,
    places,
    first,
    pixels,
    outWidth,
    filterWidth,
    strideY,
    strideX,
    originY,
    originX,
    height,
    width,
    channels,
    group,
  ) {
    const [tap, left, y, x, run, row, column, outside, within, from, to, run2] = Array.from({ length: 12 }, int) as [
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
    ]
    const step = int()
    const rows = [to, int(), int(), int()] as const
    const [v0, v1, v2, v3, t0, t1, t2, t3] = Array.from({ length: 8 }, vector) as [
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
    ]
    const eachRow = (body: (to: Local) => Code): Code => rows.flatMap(body)
    const pointRows: Code = rows.slice(1).flatMap((local, i) => set(local, add(get(rows[i]!), get(stride))))

    /** `outside` zeros in each row of the group. */
    const blank: Code = when(
      equal(get(group), i32(4)),
      [
        ...pointRows,
        ...repeatWhile(more(get(outside), i32(0)), [
          ...eachRow((local) => [...storeLane(get(local), zeros, 0), ...increase(local, i32(4))]),
          ...decrease(outside, i32(1)),
        ]),
      ],
      zeroRun(to, outside),
    )
    const four: Code = [
      ...pointRows,
      ...repeatWhile(least(get(within), i32(4)), [
        ...[v0, v1, v2, v3].flatMap((local) => [...set(local, load4(get(from))), ...increase(from, get(step))]),
        ...set(t0, shuffle(get(v0), get(v1), [0, 4, 1, 5])),
        ...set(t1, shuffle(get(v2), get(v3), [0, 4, 1, 5])),
        ...set(t2, shuffle(get(v0), get(v1), [2, 6, 3, 7])),
        ...set(t3, shuffle(get(v2), get(v3), [2, 6, 3, 7])),
        ...store4(get(rows[0]), shuffle(get(t0), get(t1), [0, 1, 4, 5])),
        ...store4(get(rows[1]), shuffle(get(t0), get(t1), [2, 3, 6, 7])),
        ...store4(get(rows[2]), shuffle(get(t2), get(t3), [0, 1, 4, 5])),
        ...store4(get(rows[3]), shuffle(get(t2), get(t3), [2, 3, 6, 7])),
        ...eachRow((local) => increase(local, i32(16))),
        ...decrease(within, i32(4)),
      ]),
      ...repeatWhile(more(get(within), i32(0)), [
        ...set(v0, load4(get(from))),
        ...increase(from, get(step)),
        ...rows.flatMap((local, lane) => [...storeLane(get(local), get(v0), lane), ...increase(local, i32(4))]),
        ...decrease(within, i32(1)),
      ]),
    ]
    const single: Code = repeatWhile(more(get(within), i32(0)), [
      ...copyFloat(get(to), get(from)),
      ...increase(from, get(step)),
      ...increase(to, i32(4)),
      ...decrease(within, i32(1)),
    ])
    return [
      ...set(step, floatBytes(mul(get(strideX), get(channels)))),
      ...repeatWhile(more(get(places), i32(0)), [
        ...set(tap, divide(get(place), get(channels))),
        ...set(to, get(out)),
        ...set(left, get(pixels)),
        ...set(y, divide(get(first), get(outWidth))),
        ...set(x, remainder(get(first), get(outWidth))),
        ...repeatWhile(more(get(left), i32(0)), [
          ...set(run, smaller(sub(get(outWidth), get(x)), get(left))),
          ...decrease(left, get(run)),
          ...set(row, add(add(mul(get(y), get(strideY)), get(originY)), divide(get(tap), get(filterWidth)))),
          ...set(column, add(add(mul(get(x), get(strideX)), get(originX)), remainder(get(tap), get(filterWidth)))),
          ...when(
            lessUnsigned(get(row), get(height)),
            [
              // Pixels whose column is left of the picture, then those within it, then those right of it.
              ...set(
                outside,
                smaller(get(run), divide(sub(add(larger(sub(i32(0), get(column)), i32(0)), get(strideX)), i32(1)), get(strideX))),
              ),
              ...increase(column, mul(get(outside), get(strideX))),
              ...decrease(run, get(outside)),
              ...set(
                within,
                smaller(
                  get(run),
                  divide(larger(sub(add(sub(get(width), get(column)), get(strideX)), i32(1)), i32(0)), get(strideX)),
                ),
              ),
              ...set(run2, sub(get(run), get(within))),
              ...blank,
              ...set(
                from,
                add(
                  get(picture),
                  floatBytes(
                    add(mul(add(mul(get(row), get(width)), get(column)), get(channels)), remainder(get(place), get(channels))),
                  ),
                ),
              ),
              ...when(equal(get(group), i32(4)), four, single),
              ...set(outside, get(run2)),
              ...blank,
            ],
            [...set(outside, get(run)), ...blank],
          ),
          ...set(x, i32(0)),
          ...increase(y, i32(1)),
        ]),
        ...increase(out, mul(get(group), get(stride))),
        ...increase(place, get(group)),
        ...decrease(places, get(group)),
      ]),
    ]
  },
}
