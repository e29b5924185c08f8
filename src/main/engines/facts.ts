import type { EngineFacts } from '../../contract/nouns'

/** Which engine computed a run: TensorFlow is two of them, told apart by what it computed on. */
export const engineOfFacts = ({ id, device }: Pick<EngineFacts, 'id' | 'device'>): string =>
  id === 'tensorflow' && device !== 'CPU' ? 'tensorflow-gpu' : id
