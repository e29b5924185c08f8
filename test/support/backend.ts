/** A tfjs backend for unit tests: the plain one that comes with tfjs, with all gradients, whatever engines this machine has. */
import '@tensorflow/tfjs'
import * as tf from '@tensorflow/tfjs-core'

// Keeps tfjs from advertising its native package.
tf.env().set('IS_TEST', true)
await tf.setBackend('cpu')
await tf.ready()
