/** What the system does when memory has run out: it kills a program, without a word to anybody. */
import { readFile } from 'node:fs/promises'

/** How many programs Linux has killed for that since it started, in any container; 0 where no system counts it. */
export async function memoryKills(): Promise<number> {
  const counters = await readFile('/proc/vmstat', 'utf8').catch(() => '')
  return Number(/^oom_kill (\d+)$/m.exec(counters)?.[1] ?? 0)
}
