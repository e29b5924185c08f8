/**
 * Functions of one number. WGSL's own are left to each driver: exp, log, sin and cos to so many units, sin and cos within ±π only,
 * and what becomes of infinities is open. tfjs makes its others of those, and near 0 the difference of two near-equal numbers is
 * left of them (expm1, log1p, tanh, elu, softplus). Series are Taylor's, cut where float32 ends.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { Backend } from '../backend'
import { runFlat } from '../program'

/** e^x = 2^k · e^r with |r| ≤ ln 2 / 2, which is taken off in two parts (Cody & Waite 1980); and e^x − 1. */
const EXP = `
  fn exponential(x : f32) -> f32 {
    if (x > 88.722839) { return uniforms.INFINITY; }
    if (x < -103.97208) { return 0.0; }
    let k = round(x * 1.4426950408889634);
    let r = fma(-k, -2.12194440e-4, fma(-k, 0.693359375, x));
    let series = 1.0 + r * (1.0 + r / 2.0 * (1.0 + r / 3.0 * (1.0 + r / 4.0 * (1.0 + r / 5.0 * (1.0 + r / 6.0 * (1.0 + r / 7.0))))));
    // In two steps: 2^128 is beyond float32 where the product is not.
    let half = i32(k) / 2;
    return ldexp(ldexp(series, half), i32(k) - half);
  }
  fn expLess1(x : f32) -> f32 {
    if (abs(x) > 0.5) { return exponential(x) - 1.0; }
    return x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0 * (1.0 + x / 8.0)))))));
  }`

/** log(x) = k ln 2 + log(m), m within √½ and √2; log(1 + x) = 2 artanh(x / (2 + x)). */
const LOG = `
  fn logNear1(x : f32) -> f32 {
    let s = x / (2.0 + x);
    let square = s * s;
    return 2.0 * s * (1.0 + square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0 + square * (1.0 / 9.0 + square / 11.0)))));
  }
  fn logarithm(x : f32) -> f32 {
    if (x < 0.0) { return uniforms.NAN; }
    if (x == 0.0) { return -uniforms.INFINITY; }
    if (x == uniforms.INFINITY) { return x; }
    let bits = bitcast<i32>(x) - 0x3f3504f3;
    let k = f32(bits >> 23u);
    let m = bitcast<f32>((bits & 0x7fffff) + 0x3f3504f3);
    return fma(k, 0.693359375, fma(k, -2.12194440e-4, logNear1(m - 1.0)));
  }
  fn logMore1(x : f32) -> f32 {
    if (abs(x) < 0.25) { return logNear1(x); }
    return logarithm(1.0 + x);
  }`

/**
 * x less the nearest multiple of π/2, and which one. π/2 is taken in three parts, the first two so short that their multiples are
 * exact to |x| ≈ 10,000.
 */
const QUARTER = `
  fn lessQuarters(x : f32, quarter : f32) -> f32 {
    return fma(-quarter, 7.549789954891882e-8, fma(-quarter, 4.837512969970703e-4, fma(-quarter, 1.5703125, x)));
  }
  fn sine(x : f32) -> f32 {
    let s = x * x;
    return x * (1.0 - s / 6.0 * (1.0 - s / 20.0 * (1.0 - s / 42.0 * (1.0 - s / 72.0))));
  }
  fn cosine(x : f32) -> f32 {
    let s = x * x;
    return 1.0 - s / 2.0 * (1.0 - s / 12.0 * (1.0 - s / 30.0 * (1.0 - s / 56.0 * (1.0 - s / 90.0))));
  }
  fn turned(x : f32, ahead : i32) -> f32 {
    let quarter = round(x * 0.6366197723675814);
    let rest = lessQuarters(x, quarter);
    let which = (i32(quarter) + ahead) & 3;
    let value = select(sine(rest), cosine(rest), (which & 1) == 1);
    return select(value, -value, which > 1);
  }`

/** The error function: its series near 0, elsewhere Abramowitz & Stegun 1964, 7.1.26. */
const ERF = `
  ${EXP}
  fn error(x : f32) -> f32 {
    let s = x * x;
    if (s < 0.25) {
      return 1.1283791671 * x * (1.0 - s / 3.0 + s * s * (0.1 - s / 42.0 + s * s * (1.0 / 216.0 - s / 1320.0)));
    }
    let t = 1.0 / (1.0 + 0.3275911 * abs(x));
    let tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return sign(x) * (1.0 - tail * exponential(-s));
  }`

/** By kernel: the value at `x`, and the functions that it calls. */
const values: Record<string, [value: string, functions: string]> = {
  Exp: ['exponential(x)', EXP],
  Expm1: ['expLess1(x)', EXP],
  Elu: ['select(expLess1(min(x, 0.0)), x, x >= 0.0)', EXP],
  Sigmoid: ['select(1.0, exponential(x), x < 0.0) / (1.0 + exponential(-abs(x)))', EXP],
  // −t / (2 + t) with t = e^(−2|x|) − 1.
  Tanh: ['sign(x) * -expLess1(-2.0 * abs(x)) / (2.0 + expLess1(-2.0 * abs(x)))', EXP],
  Erf: ['error(x)', ERF],
  Log: ['logarithm(x)', LOG],
  Log1p: ['logMore1(x)', LOG],
  Softplus: ['max(x, 0.0) + logMore1(exponential(-abs(x)))', EXP + LOG],
  Sin: ['turned(x, 0)', QUARTER],
  Cos: ['turned(x, 1)', QUARTER],
  Sign: ['sign(x)', ''],
}

export const unaries = Object.fromEntries(
  Object.entries(values).map(([name, [value, functions]]) => [
    name,
    ({ inputs, backend }: { inputs: { x: TensorInfo }; backend: Backend }): TensorInfo =>
      runFlat(
        backend,
        {
          name: name.toLowerCase(),
          inputs: ['numbers'],
          uniforms: [],
          functions,
          // Not a number stays so: what training became must be seen.
          body: `let x = f32(numbers[index]); result[index] = select(${value}, x, isnan(x));`,
        },
        [inputs.x],
        { shape: inputs.x.shape, dtype: 'float32' },
        [],
      ),
  ]),
)
