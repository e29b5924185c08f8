export { createExports, targets, type Exports } from './exports'
