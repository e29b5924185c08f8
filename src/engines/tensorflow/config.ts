/**
 * TensorFlow's `ConfigProto` (`core/protobuf/config.proto`), written by hand: it is three fields.
 * 2: intra_op_parallelism_threads, 5: inter_op_parallelism_threads, 6: gpu_options { 4: allow_growth }.
 */
export function sessionConfig(threads: number): Uint8Array {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)])
  // Without allow_growth the library takes a GPU's whole memory at once, and the next trainer finds none.
  return Uint8Array.from([2 << 3, ...varint(threads), 5 << 3, ...varint(threads), (6 << 3) | 2, 2, 4 << 3, 1])
}
