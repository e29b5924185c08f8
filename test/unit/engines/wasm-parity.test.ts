import { parity } from './parity'

await parity('wasm')
