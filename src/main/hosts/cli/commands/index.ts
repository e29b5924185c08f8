/** Every command of the command line, in the order that help shows them. */
import type { Command } from '../command'
import { data } from './data'
import { engines } from './engines'
import { freezing } from './freeze'
import { models } from './models'
import { odd } from './odd'
import { serve } from './serve'
import { share } from './share'
import { training } from './training'

export const commands: readonly Command[] = [...engines, ...data, ...freezing, ...training, ...models, ...odd, ...share, ...serve]
