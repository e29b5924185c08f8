/** Whether there is memory for a training, before it starts. */
import { StudioError } from '../../../../contract/errors'
import type { Needs } from '../../../../contract/memory'
import type { StartRun } from '../../../../contract/runs'
import type { Session } from '../session'
import { bytes } from '../terminal'

type Question = Pick<StartRun, 'version' | 'recipe' | 'settings' | 'training' | 'engine'>

/** Notes what may not fit, and throws `memory-short` where it cannot. */
export async function checkMemory({ client, progress }: Session, question: Question): Promise<void> {
  // An estimate that fails keeps nobody from training; what is wrong about the settings is told by the start.
  const needs = await client.recipes.describe(question).catch(() => null)
  if (!needs?.short) return
  const [needed, there] = [bytes(needs.short.needed), bytes(needs.short.there)]
  if (needs.fit !== 'tight') {
    const where = needs.fit === 'engine' ? 'the engine' : 'this computer'
    throw new StudioError('memory-short', { needed, there, where, remedy: remedy(needs.remedies) })
  }
  progress.note(`This training needs about ${needed} of memory, and ${there} are free: it may fail. ${remedy(needs.remedies)}`)
}

function remedy({ batchSize, size }: Needs['remedies']): string {
  const ways = [batchSize !== null && `--set batchSize=${batchSize}`, size !== null && `--size ${size}`].filter(Boolean)
  return ways.length > 0 ? `This would fit: ${ways.join(', or ')}.` : 'A smaller model would fit: lower its width or layers.'
}
