/** Before any schema exists: zod compiles its schemas with `new Function` unless told not to, and the page's policy forbids that. */
import { config } from 'zod/v4/core'

config({ jitless: true })
