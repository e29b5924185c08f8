/** An engine for the tests of one file. */
import { engines } from '../../../src/engines/index'
import type { Facts } from '../../../src/engines/engine'
import { tensorflowLibrary } from './compare'

/** Starts it; where this machine cannot, says why, which a full check (CI) does not accept. */
export async function startEngine(id: string): Promise<{ facts?: Facts; why?: string }> {
  try {
    const library = id === 'tensorflow' ? await tensorflowLibrary() : undefined
    if (library === null) throw new Error('not installed: `npm run -s latent -- engine install`')
    const engine = await engines[id]!()
    return { facts: await engine.start({ threads: 2, library }) }
  } catch (error) {
    if (process.env.CI) throw error
    return { why: (error as Error).message }
  }
}
