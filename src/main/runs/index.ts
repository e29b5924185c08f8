export { createRuns, type Runs } from './runs'
