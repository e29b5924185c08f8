/** The memory there is for a training, on this computer or in what encloses us on it (a container, a service). */
import { totalmem } from 'node:os'

export function computerMemory(): { total: number; free: number } {
  const limit = process.constrainedMemory()
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return { total, free: Math.min(process.availableMemory(), total) }
}
