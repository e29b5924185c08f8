import { parity } from './parity'

await parity('tensorflow')
