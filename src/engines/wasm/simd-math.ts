/**
 * Functions of four numbers at once. Each is within about two units in the last place of the true value, keeps what is not a
 * number so, and needs nothing that differs between processors: the bits are the same everywhere.
 */
import {
  abs4,
  add4,
  addInts,
  and4,
  atLeast4,
  atMost4,
  div4,
  equal4,
  floats4,
  get,
  i32,
  less4,
  more4,
  mul4,
  neg4,
  or4,
  select4,
  set,
  shiftLeftInts,
  shiftRightInts,
  sub4,
  subInts,
  unequal4,
} from './assembler'
import type { Code, Local, Locals } from './assembler'

/** Writes the code of a function; locals are the surrounding function's. */
export type Function4 = (locals: Locals, x: Code) => Code

/** ln 2 in two parts: the first has 9 bits, so that its product with an exponent is exact (Cody & Waite 1980). */
const LN2_HIGH = Math.round(Math.LN2 * 512) / 512
const LN2_LOW = Math.LN2 - LN2_HIGH
const SIGN = -0x80000000

const horner = ({ number4 }: Locals, x: Local, coefficients: number[]): Code =>
  coefficients.slice(1).reduce((sum, c) => add4(mul4(sum, get(x)), number4(c)), number4(coefficients[0]!))

/** A value that is used more than once. */
const held = (locals: Locals, value: Code): [Local, Code] => {
  const local = locals.vector()
  return [local, set(local, value)]
}

/** Added to a small number, it leaves that rounded in the lowest bits. */
const ROUNDING = 1.5 * 2 ** 23
const ROUNDING_BITS = new Int32Array(Float32Array.of(ROUNDING).buffer)[0]!

/** e^x = 2ⁿ · e^r with |r| ≤ ½ ln 2, and e^r by its series. 2ⁿ in two factors, for those that a float has no exponent for. */
export const exp4: Function4 = (locals, x) => {
  const { number4, integer4 } = locals
  const [bounded, setBounded] = held(locals, atMost4(atLeast4(x, number4(-104)), number4(89)))
  const [rounded, setRounded] = held(locals, add4(mul4(get(bounded), number4(Math.LOG2E)), number4(ROUNDING)))
  const [n, setN] = held(locals, sub4(get(rounded), number4(ROUNDING)))
  const rest = sub4(sub4(get(bounded), mul4(get(n), number4(LN2_HIGH))), mul4(get(n), number4(LN2_LOW)))
  const [r, setR] = held(locals, rest)
  const [exponent, setExponent] = held(locals, subInts(get(rounded), integer4(ROUNDING_BITS)))
  const [half, setHalf] = held(locals, shiftRightInts(get(exponent), i32(1)))
  const power = (of: Code): Code => shiftLeftInts(addInts(of, integer4(127)), i32(23))
  const series = horner(locals, r, [1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1])
  return [
    ...[...setBounded, ...setRounded, ...setN, ...setR, ...setExponent, ...setHalf],
    ...mul4(mul4(series, power(get(half))), power(subInts(get(exponent), get(half)))),
  ]
}

/** ln x = e · ln 2 + ln m with m from √½ to √2, and ln m = 2 artanh((m − 1) / (m + 1)) by its series. */
export const log4: Function4 = (locals, x) => {
  const { number4, integer4 } = locals
  const [given, setGiven] = held(locals, x)
  const [tiny, setTiny] = held(locals, less4(get(given), number4(2 ** -126)))
  // Numbers below the normal ones have no exponent of their own.
  const [bits, setBits] = held(locals, select4(get(tiny), mul4(get(given), number4(2 ** 23)), get(given)))
  const root = new Int32Array(Float32Array.of(Math.SQRT1_2).buffer)[0]!
  const [exponent, setExponent] = held(locals, shiftRightInts(subInts(get(bits), integer4(root)), i32(23)))
  const [m, setM] = held(locals, subInts(get(bits), shiftLeftInts(get(exponent), i32(23))))
  const [s, setS] = held(locals, div4(sub4(get(m), number4(1)), add4(get(m), number4(1))))
  const [square, setSquare] = held(locals, mul4(get(s), get(s)))
  const [e, setE] = held(locals, sub4(floats4(get(exponent)), and4(get(tiny), number4(23))))
  const artanh = add4(mul4(mul4(horner(locals, square, [1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3]), get(square)), get(s)), get(s))
  const value = add4(mul4(get(e), number4(LN2_HIGH)), add4(mul4(get(e), number4(LN2_LOW)), mul4(artanh, number4(2))))
  const atZero = select4(equal4(get(given), number4(0)), number4(-Infinity), number4(NaN))
  return [
    ...[...setGiven, ...setTiny, ...setBits, ...setExponent, ...setM, ...setS, ...setSquare, ...setE],
    ...select4(more4(get(given), number4(0)), select4(equal4(get(given), number4(Infinity)), number4(Infinity), value), atZero),
  ]
}

/** ln(1 + x), with what the sum 1 + x has lost given back (as in Higham 2002, §1.14). */
export const log1p4: Function4 = (locals, x) => {
  const { number4 } = locals
  const [given, setGiven] = held(locals, x)
  const [u, setU] = held(locals, add4(number4(1), get(given)))
  const [whole, setWhole] = held(locals, log4(locals, get(u)))
  const lost = div4(sub4(get(given), sub4(get(u), number4(1))), get(u))
  const infinite = or4(equal4(get(u), number4(0)), equal4(get(u), number4(Infinity)))
  return [...setGiven, ...setU, ...setWhole, ...select4(infinite, get(whole), add4(get(whole), lost))]
}

export const sigmoid4: Function4 = (locals, x) => div4(locals.number4(1), add4(locals.number4(1), exp4(locals, neg4(x))))

/** 1 − 2 / (e^2|x| + 1); near 0, where that cancels, Lambert's continued fraction to its fifth term. */
export const tanh4: Function4 = (locals, x) => {
  const { number4, integer4 } = locals
  const [given, setGiven] = held(locals, x)
  const [size, setSize] = held(locals, abs4(get(given)))
  const [square, setSquare] = held(locals, mul4(get(given), get(given)))
  const near = div4(mul4(get(given), horner(locals, square, [1, 105, 945])), horner(locals, square, [15, 420, 945]))
  const far = sub4(number4(1), div4(number4(2), add4(exp4(locals, add4(get(size), get(size))), number4(1))))
  const signed = or4(far, and4(get(given), integer4(SIGN)))
  return [...setGiven, ...setSize, ...setSquare, ...select4(less4(get(size), number4(0.5)), near, signed)]
}

export const softplus4: Function4 = (locals, x) => {
  const { number4 } = locals
  const [given, setGiven] = held(locals, x)
  return [...setGiven, ...add4(atLeast4(get(given), number4(0)), log1p4(locals, exp4(locals, neg4(abs4(get(given))))))]
}

/** `value`, but what is not a number stays so. */
const careful = (given: Local, value: Code): Code => select4(unequal4(get(given), get(given)), get(given), value)

/** 1 above 0, 0 elsewhere: the slope of relu. */
export const step4: Function4 = (locals, x) => {
  const { number4 } = locals
  const [given, setGiven] = held(locals, x)
  return [...setGiven, ...careful(given, and4(more4(get(given), number4(0)), number4(1)))]
}

export const sign4: Function4 = (locals, x) => {
  const { number4 } = locals
  const [given, setGiven] = held(locals, x)
  const above = and4(more4(get(given), number4(0)), number4(1))
  const below = and4(less4(get(given), number4(0)), number4(1))
  return [...setGiven, ...careful(given, sub4(above, below))]
}
