/** Pictures as bytes, and as the numbers in [0, 1] that networks see. */

/** x / 255 for every byte. */
const SHARES = Float32Array.from({ length: 256 }, (_, byte) => byte / 255)

export function toFloats(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(bytes.length)
  writeFloats(bytes, out, 0)
  return out
}

/** `toFloats` into `out`, from `at` on. */
export function writeFloats(bytes: Uint8Array, out: Float32Array, at: number): void {
  for (let i = 0; i < bytes.length; i++) out[at + i] = SHARES[bytes[i]!]!
}

/** The way back, rounded; what lies outside of [0, 1] is cut off. */
export function toBytes(values: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const out = new Uint8ClampedArray(values.length)
  for (let i = 0; i < values.length; i++) out[i] = values[i]! * 255
  return new Uint8Array(out.buffer)
}
