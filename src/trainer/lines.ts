/** Texts that a model writes, and the lines of them that it writes while it is trained. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor2D } from '@tensorflow/tfjs-core'
import { StudioError } from '../contract/errors'
import { TokeniserData, type Boldness } from '../contract/texts'
import { createTokeniser, type Tokeniser } from '../data/tokens/tokeniser'
import type { CompiledStep, Engine } from '../engines/engine'
import { dispose, tensor, tidy } from '../nn/ops'
import { fillUniform } from '../nn/random'
import { need } from './abilities'
import type { TextModel } from './model'
import type { Drawn } from './samples'

/** Texts in one call. */
const AT_ONCE = 64
const LINES = 12

export interface Writer {
  /**
   * Rows of tokens, [count][length]: row i is a function of (seed, i), however many are drawn. `each` is called between calls of the
   * engine.
   */
  draw(count: number, seed: number, how?: Boldness, each?: (done: number) => Promise<void>): Promise<Uint16Array[]>
  dispose(): void
}

/** Each way of drawing is one captured call where the engine captures. Throws `ability-missing`. */
export function createWriter(model: TextModel, engine: Pick<Engine, 'compile'>): Writer {
  const write = need(model, 'write texts', model.built.abilities.draw)
  const { length } = model.data
  /** The last way that was asked for. */
  let known: { key: string; step: CompiledStep } | null = null

  function stepFor(rows: number, how: Boldness): CompiledStep {
    const key = JSON.stringify([rows, how])
    if (known?.key === key) return known.step
    known?.step.dispose()
    const run = ({ uniform }: Record<string, unknown>) => tidy(() => ({ tokens: write(model.shown, uniform as Tensor2D, how) }))
    // Drawn too seldom for measuring which mode is fastest.
    known = { key, step: engine.compile(run, 'plain') }
    return known.step
  }

  return {
    async draw(count, seed, how = {}, each = async () => {}) {
      const rows = Math.min(count, AT_ONCE)
      const step = stepFor(rows, how)
      const drawn: Uint16Array[] = []
      for (let from = 0; from < count; from += rows) {
        const noise = new Float32Array(rows * length)
        for (let i = 0; i < rows; i++) fillUniform(noise.subarray(i * length, (i + 1) * length), seed, 'write', from + i)
        const uniform = tensor(noise, [rows, length])
        const { tokens } = step.run({ uniform })
        const ids = Uint16Array.from(await tokens!.data())
        dispose([uniform, tokens!])
        for (let i = 0; i < rows && from + i < count; i++) drawn.push(ids.slice(i * length, (i + 1) * length))
        await each(drawn.length)
      }
      return drawn
    },
    dispose() {
      known?.step.dispose()
      known = null
    },
  }
}

/** Of a version. Throws `file-unreadable`. */
export function readTokeniser(version: string): Tokeniser {
  try {
    return createTokeniser(TokeniserData.parse(JSON.parse(readFileSync(join(version, 'tokeniser.json'), 'utf8'))))
  } catch (error) {
    throw new StudioError('file-unreadable', { file: 'tokeniser.json', reason: (error as Error).message }, { cause: error })
  }
}

/** `lines.json` of a sample: a list of texts, the same noise at every step. */
export function createLines(
  model: TextModel,
  version: string,
  seed: number,
  engine: Pick<Engine, 'compile'>,
): { draw(): Promise<Drawn[]>; dispose(): void } {
  const tokeniser = readTokeniser(version)
  const writer = createWriter(model, engine)
  return {
    async draw() {
      const texts = (await writer.draw(LINES, seed)).map((row) => tokeniser.decode(row))
      return [{ file: 'lines.json', bytes: Buffer.from(JSON.stringify(texts)), sheet: { name: 'lines', count: texts.length } }]
    },
    dispose: writer.dispose,
  }
}
