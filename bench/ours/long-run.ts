/**
 * A long run of the real loop, for `scripts/proof-steps.mjs`: `vae` on small pictures, on one engine, with what it leaves behind.
 *
 *     long-run.js SPEC FEED
 *
 * Prints a line of JSON every so many steps: tensors, the engine's handles, resident memory. Checkpoints and samples are taken as
 * in any run.
 */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { RunSpec } from '../../src/contract/trainer'
import { startEngine } from '../../src/trainer/engine'
import { train } from '../../src/trainer/train'

const EVERY = 250

const [file, feedProgram] = process.argv.slice(2) as [string, string]
const spec = RunSpec.parse(JSON.parse(readFileSync(file, 'utf8')))
const { engine, facts } = await startEngine(spec.engine)
const { binding } = tf.backend() as { binding?: { getNumOfTensors(): number } }

const { step } = await train({
  spec,
  engine,
  facts,
  feedProgram,
  tell: (event) => event.type === 'started' && console.log(JSON.stringify({ facts: event.facts })),
  flushed: async () => {},
  wanted: () => null,
  onStep(step) {
    if (step % EVERY !== 0) return
    const { rss, heapUsed, external } = process.memoryUsage()
    console.log(
      JSON.stringify({
        step,
        tensors: tf.memory().numTensors,
        handles: binding?.getNumOfTensors() ?? 0,
        rss,
        heapUsed,
        external,
      }),
    )
  },
})
console.log(JSON.stringify({ done: step }))
