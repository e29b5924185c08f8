/** The whole contract between the renderer (or the command line) and main: one object, one file an area. */
import { app } from './app'
import { datasets } from './datasets'
import { engines } from './engines'
import { explore } from './explore'
import { exports } from './exports'
import { jobs } from './jobs'
import { odd } from './odd'
import { projects } from './projects'
import { recipes } from './recipes'
import { runs } from './runs'
import { versions } from './versions'

export const contract = { app, projects, datasets, versions, jobs, recipes, runs, explore, odd, exports, engines }
