import { readFile } from 'node:fs/promises'

/** Widest first; results differ in the last bits between them. */
const SETS = ['amx_tile', 'avx512_bf16', 'avx512_vnni', 'avx512f', 'avx2', 'avx', 'sse4_2']

/** The widest instruction set that numerical libraries choose kernels by; the architecture where the system does not tell. */
export async function instructionSet(): Promise<string> {
  if (process.arch !== 'x64') return process.arch
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const flags = /^flags\s*:(.*)$/m.exec(text)?.[1]?.split(' ') ?? []
  return SETS.find((set) => flags.includes(set)) ?? process.arch
}
