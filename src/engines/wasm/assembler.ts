/**
 * Writes WebAssembly modules (WebAssembly core specification 2.0, §5; SIMD and relaxed SIMD). Code is a list of bytes and an
 * expression is a function call, so a kernel reads like its loop nest; there is no compiler to install and no binary to keep.
 */
export type Code = number[]

/** Unsigned LEB128. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(Math.floor(value / 128))]
}

/** Signed LEB128 of a 32-bit value. */
function signed(value: number): Code {
  const done = value >= -64 && value < 64
  return done ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)]
}

const sized = (code: Code): Code => [...unsigned(code.length), ...code]
const list = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()]
const text = (value: string): Code => sized([...Buffer.from(value)])

const I32 = 0x7f
const V128 = 0x7b

/** A local variable of the function being written. */
export type Local = number

export const get = (local: Local): Code => [0x20, ...unsigned(local)]
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local)]
export const i32 = (value: number): Code => [0x41, ...signed(value | 0)]

const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, opcode]
export const add = binary(0x6a)
export const sub = binary(0x6b)
export const mul = binary(0x6c)
export const divide = binary(0x6d)
export const remainder = binary(0x6f)
export const and = binary(0x71)
export const shiftLeft = binary(0x74)
export const less = binary(0x48)
export const more = binary(0x4a)
export const least = binary(0x4e)
export const lessUnsigned = binary(0x49)
export const equal = binary(0x46)

/** `yes` or `no`, both computed. */
export const choose = (condition: Code, yes: Code, no: Code): Code => [...yes, ...no, ...condition, 0x1b]
export const smaller = (a: Code, b: Code): Code => choose(less(a, b), a, b)
export const larger = (a: Code, b: Code): Code => choose(more(a, b), a, b)

export const when = (condition: Code, yes: Code, no: Code = []): Code => [
  ...condition,
  ...[0x04, 0x40],
  ...yes,
  ...(no.length > 0 ? [0x05, ...no] : []),
  0x0b,
]
export const repeatWhile = (condition: Code, body: Code): Code => [
  ...[0x02, 0x40, 0x03, 0x40],
  ...condition,
  ...[0x45, 0x0d, 1],
  ...body,
  ...[0x0c, 0, 0x0b, 0x0b],
]
export const increase = (local: Local, by: Code): Code => set(local, add(get(local), by))
export const decrease = (local: Local, by: Code): Code => set(local, sub(get(local), by))

/** Alignment is a hint only; 4 bytes hold for all our data. */
const at = (offset: number): Code => [2, ...unsigned(offset)]
export const loadInt = (address: Code, offset = 0): Code => [...address, 0x28, ...at(offset)]
export const storeInt = (address: Code, value: Code): Code => [...address, ...value, 0x36, ...at(0)]
/** A float read and written elsewhere. */
export const copyFloat = (to: Code, from: Code): Code => [...to, ...from, 0x2a, ...at(0), 0x38, ...at(0)]

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)]
export const load4 = (address: Code, offset = 0): Code => [...address, ...simd(0x00), ...at(offset)]
export const loadSplat = (address: Code, offset = 0): Code => [...address, ...simd(0x09), ...at(offset)]
export const store4 = (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x0b), ...at(offset)]
/** Writes the lowest two floats. */
export const store2 = (address: Code, value: Code): Code => [...address, ...value, ...simd(0x5b), ...at(0), 0]
/** Writes one float. */
export const storeLane = (address: Code, value: Code, lane: number): Code => [...address, ...value, ...simd(0x5a), ...at(0), lane]
export const zeros: Code = [...simd(0x0c), ...Array<number>(16).fill(0)]
/** Four floats out of two vectors: lanes 0 to 3 of the first, 4 to 7 of the second. */
export const shuffle = (a: Code, b: Code, lanes: number[]): Code => [
  ...a,
  ...b,
  ...simd(0x0d),
  ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
]
/** One float in the lowest lane, zeros above. */
export const loadOne = (address: Code): Code => [...address, ...simd(0x5c), ...at(0)]

const unary4 =
  (opcode: number) =>
  (a: Code): Code => [...a, ...simd(opcode)]
const binary4 =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...simd(opcode)]
export const abs4 = unary4(0xe0)
export const neg4 = unary4(0xe1)
export const sqrt4 = unary4(0xe3)
export const floats4 = unary4(0xfa)
export const add4 = binary4(0xe4)
export const sub4 = binary4(0xe5)
export const mul4 = binary4(0xe6)
export const div4 = binary4(0xe7)
/** Not a number when either is none; each is several instructions. */
export const min4 = binary4(0xe8)
export const max4 = binary4(0xe9)
/** One instruction. Not a number when the first is none. */
export const atMost4 = binary4(0xea)
export const atLeast4 = binary4(0xeb)
/** Comparisons give all bits or none in each lane. */
export const equal4 = binary4(0x41)
export const unequal4 = binary4(0x42)
export const less4 = binary4(0x43)
export const more4 = binary4(0x44)
export const and4 = binary4(0x4e)
export const or4 = binary4(0x50)
export const addInts = binary4(0xae)
export const subInts = binary4(0xb1)
export const shiftLeftInts = binary4(0xab)
/** Keeps the sign. */
export const shiftRightInts = binary4(0xac)
/** `yes` where the mask's bits are set. */
export const select4 = (mask: Code, yes: Code, no: Code): Code => [...yes, ...no, ...mask, ...simd(0x52)]
/** The lower two floats as doubles. */
export const doubles = unary4(0x5f)
export const addDoubles = binary4(0xf0)
/** Two doubles as the lower two floats. */
export const singles = unary4(0x5e)
/** a · b + c. Relaxed: rounded once where the processor can, twice where it cannot. */
export const multiplyAdd = (relaxed: boolean, a: Code, b: Code, c: Code): Code =>
  relaxed ? [...a, ...b, ...c, ...simd(0x105)] : add4(mul4(a, b), c)

/** Names the locals of a function: parameters first, then others as they are asked for. */
export class Locals {
  private readonly types: number[] = []
  private readonly constants = new Map<number, { local: Local; value: Code }>()
  constructor(private readonly parameters: number) {}
  private next(type: number): Local {
    this.types.push(type)
    return this.parameters + this.types.length - 1
  }
  int = (): Local => this.next(I32)
  vector = (): Local => this.next(V128)
  /** The same number in all lanes. It is made before the function's own code: within a loop it would be made each time. */
  number4 = (value: number): Code => this.integer4(new Int32Array(Float32Array.of(value).buffer)[0]!)
  integer4 = (value: number): Code => {
    const bytes = [...new Uint8Array(Int32Array.of(value).buffer)]
    const known = this.constants.get(value) ?? {
      local: this.vector(),
      value: [...simd(0x0c), ...bytes, ...bytes, ...bytes, ...bytes],
    }
    this.constants.set(value, known)
    return get(known.local)
  }
  /** What comes before a function's code: the kinds of its locals, and its constants. */
  begin(): Code {
    return [
      ...list(this.types.map((type) => [1, type])),
      ...[...this.constants.values()].flatMap(({ local, value }) => set(local, value)),
    ]
  }
}

export interface Function {
  name: string
  /** All parameters are 32-bit integers; nothing is returned. */
  parameters: number
  write: (locals: Locals, ...parameters: Local[]) => Code
}

/** A module that takes a shared memory as `env.memory` and exports its functions. */
export function assemble(functions: Function[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, items: Code[]): Code => [id, ...sized(list(items))]
  const bodies = functions.map(({ parameters, write }) => {
    const locals = new Locals(parameters)
    const code = write(locals, ...Array.from({ length: parameters }, (_, i) => i))
    return sized([...locals.begin(), ...code, 0x0b])
  })
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      functions.map(({ parameters }) => [0x60, ...list(Array<Code>(parameters).fill([I32])), 0]),
    ),
    // Shared, from 1 page to the 65,536 that 32 bits can address.
    ...section(2, [[...text('env'), ...text('memory'), 2, 3, 1, ...unsigned(65_536)]]),
    ...section(
      3,
      functions.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]),
    ),
    ...section(10, bodies),
  ])
}
