/** The program behind `latent`: runs one command and ends with its exit code once everything said has been written. */
import { main } from './main'

process.exitCode = await main(process.argv.slice(2))
// A handle that someone forgot must not keep a finished command alive.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
