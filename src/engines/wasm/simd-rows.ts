/** What runs along rows and columns of numbers: sums (in double precision), largest values, softmax. */
import {
  add,
  addDoubles,
  atLeast4,
  decrease,
  div4,
  doubles,
  get,
  i32,
  increase,
  least,
  load4,
  loadOne,
  loadSplat,
  max4,
  more,
  mul,
  or4,
  repeatWhile,
  set,
  shuffle,
  singles,
  store2,
  store4,
  storeLane,
  sub4,
  unequal4,
  zeros,
} from './assembler'
import type { Code, Function, Local } from './assembler'
import { exp4 } from './simd-math'

const high = (local: Local): Code => shuffle(get(local), get(local), [2, 3, 2, 3])
const spread = (local: Local): Code => shuffle(get(local), get(local), [0, 0, 0, 0])
/** Takes four more numbers into account; `bad` remembers those that are none. */
const raise = (most: Local, bad: Local, value: Local, loaded: Code): Code => [
  ...set(value, loaded),
  ...set(most, atLeast4(get(most), get(value))),
  ...set(bad, or4(get(bad), unequal4(get(value), get(value)))),
]
/** The largest of four, in all lanes. */
const largestOf = (local: Local): Code => [
  ...set(local, max4(get(local), high(local))),
  ...set(local, max4(get(local), shuffle(get(local), get(local), [1, 0, 1, 0]))),
  ...set(local, spread(local)),
]
/** The sum of two doubles, in both lanes. */
const bothOf = (local: Local): Code => addDoubles(get(local), high(local))
const addTo = (sum: Local, floats: Code): Code => set(sum, addDoubles(get(sum), doubles(floats)))

const along = (at: Local, count: Local, four: Code, one: Code): Code => [
  ...repeatWhile(least(get(count), i32(4)), [...four, ...increase(at, i32(16)), ...decrease(count, i32(4))]),
  ...repeatWhile(more(get(count), i32(0)), [...one, ...increase(at, i32(4)), ...decrease(count, i32(1))]),
]

/** Sums of `rows` rows of `count` floats, `rowStride` bytes apart, as doubles `outStride` bytes apart. */
const sumRows: Function = {
  name: 'sumRows',
  parameters: 6,
  write({ int, vector }, x, out, rows, count, rowStride, outStride) {
    const [at, left] = [int(), int()] as const
    const [low, upper, value] = [vector(), vector(), vector()] as const
    return repeatWhile(more(get(rows), i32(0)), [
      ...set(at, get(x)),
      ...set(left, get(count)),
      ...set(low, zeros),
      ...set(upper, zeros),
      ...along(
        at,
        left,
        [...set(value, load4(get(at))), ...addTo(low, get(value)), ...addTo(upper, high(value))],
        addTo(low, loadOne(get(at))),
      ),
      ...set(low, addDoubles(get(low), get(upper))),
      ...store2(get(out), bothOf(low)),
      ...increase(x, get(rowStride)),
      ...increase(out, get(outStride)),
      ...decrease(rows, i32(1)),
    ])
  },
}

/** Sums of the columns of `rows` rows of `columns` floats, as doubles side by side. */
const sumColumns: Function = {
  name: 'sumColumns',
  parameters: 4,
  write({ int, vector }, x, out, rows, columns) {
    const [at, left, stride] = [int(), int(), int()] as const
    const [low, upper, value] = [vector(), vector(), vector()] as const
    const down = (step: Code): Code => [
      ...set(at, get(x)),
      ...set(left, get(rows)),
      ...set(low, zeros),
      ...set(upper, zeros),
      ...repeatWhile(more(get(left), i32(0)), [...step, ...increase(at, get(stride)), ...decrease(left, i32(1))]),
    ]
    return [
      ...set(stride, mul(get(columns), i32(4))),
      ...repeatWhile(least(get(columns), i32(4)), [
        ...down([...set(value, load4(get(at))), ...addTo(low, get(value)), ...addTo(upper, high(value))]),
        ...store4(get(out), get(low)),
        ...store4(add(get(out), i32(16)), get(upper)),
        ...increase(x, i32(16)),
        ...increase(out, i32(32)),
        ...decrease(columns, i32(4)),
      ]),
      ...repeatWhile(more(get(columns), i32(0)), [
        ...down(addTo(low, loadOne(get(at)))),
        ...store2(get(out), get(low)),
        ...increase(x, i32(4)),
        ...increase(out, i32(8)),
        ...decrease(columns, i32(1)),
      ]),
    ]
  },
}

/** The largest of each of `rows` rows of `count` floats, side by side. */
const maxRows: Function = {
  name: 'maxRows',
  parameters: 4,
  write({ int, vector, number4 }, x, out, rows, count) {
    const left = int()
    const [most, bad, value] = [vector(), vector(), vector()] as const
    return repeatWhile(more(get(rows), i32(0)), [
      ...set(left, get(count)),
      ...set(most, number4(-Infinity)),
      ...set(bad, zeros),
      ...along(x, left, raise(most, bad, value, load4(get(x))), raise(most, bad, value, loadSplat(get(x)))),
      // All bits set are not a number.
      ...set(most, or4(get(most), get(bad))),
      ...largestOf(most),
      ...storeLane(get(out), get(most), 0),
      ...increase(out, i32(4)),
      ...decrease(rows, i32(1)),
    ])
  },
}

/** e^(x − most) / Σ e^(x − most) of each of `rows` rows of `count` floats. */
const softmaxRows: Function = {
  name: 'softmaxRows',
  parameters: 4,
  write(locals, x, out, rows, count) {
    const { int, vector, number4 } = locals
    const [at, to, left] = [int(), int(), int()] as const
    const [most, value, low, upper] = [vector(), vector(), vector(), vector()] as const
    const highest = (loaded: Code): Code => set(most, atLeast4(get(most), loaded))
    const power = (loaded: Code): Code => set(value, exp4(locals, sub4(loaded, get(most))))
    return repeatWhile(more(get(rows), i32(0)), [
      ...set(at, get(x)),
      ...set(left, get(count)),
      ...set(most, number4(-Infinity)),
      // What is not a number comes back in the sum.
      ...along(at, left, highest(load4(get(at))), highest(loadSplat(get(at)))),
      ...largestOf(most),
      ...set(to, get(out)),
      ...set(left, get(count)),
      ...set(low, zeros),
      ...set(upper, zeros),
      ...along(
        to,
        left,
        [
          ...power(load4(get(x))),
          ...store4(get(to), get(value)),
          ...addTo(low, get(value)),
          ...addTo(upper, high(value)),
          ...increase(x, i32(16)),
        ],
        [
          ...power(loadSplat(get(x))),
          ...storeLane(get(to), get(value), 0),
          ...addTo(low, shuffle(get(value), zeros, [0, 4, 4, 4])),
          ...increase(x, i32(4)),
        ],
      ),
      ...set(low, addDoubles(get(low), get(upper))),
      ...set(value, singles(bothOf(low))),
      ...set(value, spread(value)),
      ...set(left, get(count)),
      ...along(
        out,
        left,
        store4(get(out), div4(load4(get(out)), get(value))),
        storeLane(get(out), div4(loadSplat(get(out)), get(value)), 0),
      ),
      ...decrease(rows, i32(1)),
    ])
  },
}

export const alongRows: Function[] = [sumRows, sumColumns, maxRows, softmaxRows]
