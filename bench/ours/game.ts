/**
 * Games in the plane on one engine, for `scripts/proof-game.mjs`:
 *
 *     game.js ENGINE LIBRARY THREADS STEPS exact|ring|grid
 *
 * Prints a line of facts, then a line of JSON for each game.
 */
import { engines } from '../../src/engines/index'
import {
  coverage,
  equilibrium,
  exactPlayers,
  grid,
  moments,
  normal,
  perceptrons,
  play,
  ring,
  type Game,
  type Mixture,
} from './games'

/** As many points as Srivastava et al. 2017 and Lin et al. 2018 judge by. */
const JUDGED = 2500
const LATENT = 2
const WIDTH = 128

const [engineId, library, threads, steps, part] = process.argv.slice(2) as [string, string, string, string, string]
const engine = await engines[engineId]!()
const facts = await engine.start({ library: library || undefined, threads: Number(threads) })
const tell = (line: object): void => console.log(JSON.stringify(line))
tell({ facts })

const rounded = (value: number): number => Number(value.toFixed(4))

/** What the theory says of the minimax game, where both players can be what they should. */
function exact(): void {
  const target = normal([1, -0.5], [1.2, 0.5, 0.6])
  const training = { optimizer: 'adam', learningRate: 0.01, beta1: 0 } as const
  const game: Game = { loss: 'minimax', networks: exactPlayers(), latentSize: 2, batch: 512, training, averageDecay: 0.99 }
  const played = play(game, target, Number(steps), engine)
  const { value, distance } = equilibrium(played, target, 20_000)
  const made = moments(played.made(20_000))
  const wanted = [...target.mean, ...target.covariance]
  const error = Math.max(...[...made.mean, ...made.covariance].map((one, i) => Math.abs(one - wanted[i]!)))
  tell({
    game: 'exact',
    loss: 'minimax',
    value: rounded(value),
    distance: rounded(distance),
    error: rounded(error),
    seconds: rounded(played.seconds),
  })
  played.dispose()
}

const plain = (): Game['networks'] => perceptrons(LATENT, WIDTH, false)
/** Every loss as its paper plays it or, without a paper's own way, by itself; and two with what later papers added. */
const games: Record<string, Pick<Game, 'loss' | 'penalty' | 'critics' | 'networks'>> = {
  minimax: { loss: 'minimax', networks: plain() },
  'non-saturating': { loss: 'non-saturating', networks: plain() },
  'non-saturating, zero-centred penalty': {
    loss: 'non-saturating',
    networks: plain(),
    penalty: { kind: 'zero-centred', weight: 0.1 },
  },
  'least-squares': { loss: 'least-squares', networks: plain() },
  'wasserstein, gradient penalty': {
    loss: 'wasserstein',
    networks: plain(),
    penalty: { kind: 'gradient', weight: 0.1 },
    critics: 5,
  },
  hinge: { loss: 'hinge', networks: plain() },
  'hinge, spectral norm': { loss: 'hinge', networks: perceptrons(LATENT, WIDTH, true) },
}

function mixtures(target: Mixture): void {
  const training = { optimizer: 'adam', learningRate: 0.001, beta1: 0.5 } as const
  for (const [name, game] of Object.entries(games)) {
    const played = play({ ...game, latentSize: LATENT, batch: 128, training, averageDecay: 0.999 }, target, Number(steps), engine)
    const { modes, quality } = coverage(played.made(JUDGED), target)
    tell({
      game: target.name,
      loss: name,
      modes,
      of: target.centres.length,
      quality: rounded(quality),
      seconds: rounded(played.seconds),
    })
    played.dispose()
  }
}

if (part === 'exact') exact()
else mixtures(part === 'ring' ? ring : grid)
