/** A tfjs backend for unit tests: the plain one that comes with tfjs, with all gradients, whatever engines this machine has. */
import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from '../../src/engines/gradients'

registerGradients()
// Keeps tfjs from advertising its native package.
tf.env().set('IS_TEST', true)
await tf.setBackend('cpu')
await tf.ready()
