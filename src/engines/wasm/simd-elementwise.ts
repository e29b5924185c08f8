/** Ops of single numbers, and of pairs of them that broadcast. The module's functions bear the names of tfjs's kernels. */
import {
  abs4,
  add4,
  atLeast4,
  decrease,
  div4,
  equal,
  get,
  i32,
  increase,
  least,
  load4,
  loadSplat,
  max4,
  min4,
  more,
  mul4,
  neg4,
  repeatWhile,
  set,
  sqrt4,
  store4,
  storeLane,
  sub4,
  when,
} from './assembler'
import type { Code, Function, Local, Locals } from './assembler'
import { exp4, log1p4, log4, sigmoid4, sign4, softplus4, step4, tanh4, type Function4 } from './simd-math'

/** Gives the value twice to `f`. */
const twice =
  (f: (x: Code) => Code): Function4 =>
  (locals, x) => {
    const local = locals.vector()
    return [...set(local, x), ...f(get(local))]
  }

const unaries: Record<string, Function4> = {
  Abs: (_, x) => abs4(x),
  Exp: exp4,
  Log: log4,
  Log1p: log1p4,
  Neg: (_, x) => neg4(x),
  Reciprocal: ({ number4 }, x) => div4(number4(1), x),
  Relu: ({ number4 }, x) => atLeast4(x, number4(0)),
  Rsqrt: ({ number4 }, x) => div4(number4(1), sqrt4(x)),
  Sigmoid: sigmoid4,
  Sign: sign4,
  Softplus: softplus4,
  Sqrt: (_, x) => sqrt4(x),
  Square: twice((x) => mul4(x, x)),
  Step: step4,
  Tanh: tanh4,
}

const binaries: Record<string, (locals: Locals, a: Code, b: Code) => Code> = {
  Add: (_, a, b) => add4(a, b),
  Maximum: (_, a, b) => max4(a, b),
  Minimum: (_, a, b) => min4(a, b),
  Multiply: (_, a, b) => mul4(a, b),
  RealDiv: (_, a, b) => div4(a, b),
  SquaredDifference: (locals, a, b) => twice((d) => mul4(d, d))(locals, sub4(a, b)),
  Sub: (_, a, b) => sub4(a, b),
}

export const UNARIES = Object.keys(unaries)
export const BINARIES = Object.keys(binaries)

/** The last numbers are computed like all others, so that a result does not depend on where a thread's part ends. */
const steps = (count: Local, four: Code, one: Code): Code => [
  ...repeatWhile(least(get(count), i32(4)), [...four, ...decrease(count, i32(4))]),
  ...repeatWhile(more(get(count), i32(0)), [...one, ...decrease(count, i32(1))]),
]

/** out = f(x), `count` numbers. */
const unary = (name: string, f: Function4): Function => ({
  name,
  parameters: 3,
  write: (locals, out, x, count) =>
    steps(
      count,
      [...store4(get(out), f(locals, load4(get(x)))), ...increase(out, i32(16)), ...increase(x, i32(16))],
      [...storeLane(get(out), f(locals, loadSplat(get(x))), 0), ...increase(out, i32(4)), ...increase(x, i32(4))],
    ),
})

/**
 * out = f(a, b), `rows` × `columns` numbers; rows of `out`, `a` and `b` are `…Row` bytes apart, numbers in a row of `out` 4 and of
 * `a` and `b` `…Column`: 4, or 0 where one number stands for the row.
 */
const binary = (name: string, f: (locals: Locals, a: Code, b: Code) => Code): Function => ({
  name,
  parameters: 10,
  write(locals, out, a, b, rows, columns, outRow, aRow, aColumn, bRow, bColumn) {
    const [to, left, right, count] = [locals.int(), locals.int(), locals.int(), locals.int()] as const
    const [one, other] = [locals.vector(), locals.vector()] as const
    const along = (four: Code): Code =>
      repeatWhile(least(get(count), i32(4)), [...four, ...increase(to, i32(16)), ...decrease(count, i32(4))])
    const moveLeft = increase(left, i32(16))
    const moveRight = increase(right, i32(16))
    return repeatWhile(more(get(rows), i32(0)), [
      ...set(to, get(out)),
      ...set(left, get(a)),
      ...set(right, get(b)),
      ...set(count, get(columns)),
      ...when(
        equal(get(aColumn), i32(0)),
        [
          ...set(one, loadSplat(get(left))),
          ...when(equal(get(bColumn), i32(4)), along([...store4(get(to), f(locals, get(one), load4(get(right)))), ...moveRight])),
        ],
        when(
          equal(get(bColumn), i32(0)),
          [
            ...set(other, loadSplat(get(right))),
            ...along([...store4(get(to), f(locals, load4(get(left)), get(other))), ...moveLeft]),
          ],
          along([...store4(get(to), f(locals, load4(get(left)), load4(get(right)))), ...moveLeft, ...moveRight]),
        ),
      ),
      ...repeatWhile(more(get(count), i32(0)), [
        ...storeLane(get(to), f(locals, loadSplat(get(left)), loadSplat(get(right))), 0),
        ...increase(to, i32(4)),
        ...increase(left, get(aColumn)),
        ...increase(right, get(bColumn)),
        ...decrease(count, i32(1)),
      ]),
      ...increase(out, get(outRow)),
      ...increase(a, get(aRow)),
      ...increase(b, get(bRow)),
      ...decrease(rows, i32(1)),
    ])
  },
})

export const elementwise: Function[] = [
  ...Object.entries(unaries).map(([name, f]) => unary(name, f)),
  ...Object.entries(binaries).map(([name, f]) => binary(name, f)),
]
