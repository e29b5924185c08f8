/** What a model of texts answers. */
import { need } from '../abilities'
import { exportSafetensors } from '../exports/weights'
import type { TextItems } from '../items'
import { createWriter, readTokeniser } from '../lines'
import type { TextModel } from '../model'
import type { Answers, Loaded } from './serve'
import { evaluateTexts } from './text-quality'

/** Texts written before the model counts as loaded. */
const FIRST = 1

export async function answersOfTexts(model: TextModel, items: TextItems, { spec, step, engine }: Loaded): Promise<Answers> {
  const tokeniser = readTokeniser(spec.version)
  const writer = createWriter(model, engine)
  await writer.draw(FIRST, 0)
  return {
    condition: null,
    async answer(call, _body, context) {
      switch (call.method) {
        case 'write': {
          const rows = await writer.draw(call.count, call.seed, call.boldness, async (done) => {
            context.progress(done, call.count)
            await context.breathe()
          })
          return { result: { texts: rows.map((row) => tokeniser.decode(row)) } }
        }
        case 'evaluate-texts':
          return { result: await evaluateTexts(model, items, writer, call, context) }
        case 'export-safetensors':
          return { result: await exportSafetensors(model, call.folder, step) }
        default:
          return need<never>(model, 'make pictures', undefined)
      }
    },
  }
}
