/** A tfjs backend for unit tests: the plain one that comes with tfjs, with all gradients, whatever engines this machine has. */
import '@tensorflow/tfjs'
import * as tf from '@tensorflow/tfjs-core'

await tf.setBackend('cpu')
await tf.ready()
