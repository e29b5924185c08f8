/** The whole path by the built command line: sample, import, train, use, export, each with the JSON that people script. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Quality } from '../../../src/contract/quality'
import { appRoot } from '../../../src/main/programs'

const program = join(appRoot(), 'out', 'main', 'cli.js')
const built = ['cli.js', 'trainer.js', 'store-worker.js', 'import-worker.js', 'recipes.json'].every((name) =>
  existsSync(join(appRoot(), 'out', 'main', name)),
)

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'latent-path-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))
const at = (...parts: string[]) => join(folder, ...parts)

interface Answer {
  exit: number
  json: Record<string, unknown>
  stderr: string
}

/** Runs `latent … --json` and reads the last line of stdout. */
function latent(...args: string[]): Promise<Answer> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, LATENT_STUDIO_HOME: at('home') }
  return new Promise((done) =>
    execFile(process.execPath, [program, ...args, '--json'], { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const last = stdout.trimEnd().split('\n').at(-1) || '{}'
      done({ exit: error ? Number(error.code ?? 1) : 0, json: JSON.parse(last) as Answer['json'], stderr })
    }),
  )
}

// `npm test` builds first; only a single run of this file can come here without.
describe.skipIf(!built && !process.env.CI)(
  'the command line, from pictures to a model in another program [needs a build]',
  { timeout: 180_000 },
  () => {
    it('tells what the computer has', async () => {
      const { exit, json } = await latent('doctor')
      expect(exit).toBe(0)
      const engines = json.engines as { id: string; ready: boolean; device: string; why: string }[]
      expect(engines.map(({ id }) => id)).toEqual(expect.arrayContaining(['tensorflow', 'tensorflow-gpu', 'webgpu', 'wasm']))
      expect(engines.find(({ id }) => id === 'wasm')).toMatchObject({ ready: true, device: 'CPU' })
    })

    it('draws a sample and imports it', async () => {
      expect((await latent('sample', 'cartoon-faces', at('faces'), '--count', '64')).json).toMatchObject({ items: 64 })
      const { exit, json } = await latent('import', at('project'), at('faces'), '--dataset', 'faces')
      expect(exit).toBe(0)
      expect(json).toMatchObject({ kind: 'images', items: 64, quarantined: [], duplicates: 0, name: 'faces' })
      expect((await latent('import', at('project'), at('faces'), '--dataset', 'faces')).json).toMatchObject({
        items: 64,
        duplicates: 64,
      })
      expect((await latent('datasets', at('project'))).json.datasets).toHaveLength(1)
    })

    it('imports a table of texts, names its bad line, and freezes what it suggests', async () => {
      const rows = Array.from({ length: 30 }, (_, n) => `${n},"今天第${n}天，天气很好。",${n % 2 ? '好' : '不好'}`)
      await writeFile(at('days.csv'), `id,句子,标签\n${rows.join('\n')}\nbroken\n`)
      const { exit, json } = await latent('import', at('texts'), at('days.csv'), '--column', '句子')
      expect(exit).toBe(0)
      expect(json).toMatchObject({
        kind: 'texts',
        items: 30,
        classes: 2,
        quarantined: [{ file: 'days.csv:32', code: 'row-uneven' }],
        read: [{ encoding: 'utf-8', guessed: false, split: 'row', column: '句子' }],
      })
      const frozen = (await latent('freeze', at('texts'), '--test-share', '0.2')).json.version
      expect(frozen).toMatchObject({
        train: 24,
        test: 6,
        preparation: { tokens: 'characters', long: 'cut' },
        coverage: { texts: 30, whole: 1, kept: 1 },
      })
      expect((await latent('freeze', at('texts'), '--size', '8')).json.error).toMatchObject({ code: 'usage' })
      const refused = await latent('train', at('texts'), '--recipe', 'vae', '--steps', '1')
      expect(refused.json.error).toMatchObject({ code: 'kind-differs' })
    })

    it('trains, and says how it went', async () => {
      const settings = ['--set', 'architecture=mlp', '--set', 'latentSize=4', '--set', 'batchSize=16']
      const args = ['--dataset', 'faces', '--recipe', 'vae', '--size', '8', '--steps', '12', '--seed', '3', '--engine', 'wasm']
      const { exit, json, stderr } = await latent('train', at('project'), ...args, '--name', 'tiny', ...settings)
      expect(json.error).toBeUndefined()
      expect(exit).toBe(0)
      expect(json).toMatchObject({
        steps: 12,
        engine: 'wasm',
        compiled: false,
        compileSeconds: expect.any(Number),
        status: 'finished',
      })
      expect(json.seconds).toEqual(expect.any(Number))
      expect(Object.keys(json)).toEqual(expect.arrayContaining(['stepsPerSecond', 'waiting']))
      expect(Object.values(json.losses as object).every(Number.isFinite)).toBe(true)
      expect(stderr).toContain('tiny')
      const all = (await latent('runs', at('project'))).json.runs as { id: string; name: string; status: string }[]
      expect(all).toMatchObject([{ id: json.run, name: 'tiny', status: 'finished' }])
    })

    it('resumes to train longer', async () => {
      const { exit, json } = await latent('resume', at('project'), '--run', 'tiny', '--steps', '16')
      expect(exit).toBe(0)
      expect(json).toMatchObject({ steps: 16, resumedFrom: 12, status: 'finished', exact: true })
    })

    it('goes on with another batch size as a run of its own, and only with settings of the training', async () => {
      const args = ['resume', at('project'), '--run', 'tiny', '--steps', '18']
      const { exit, json } = await latent(...args, '--set', 'batchSize=8')
      expect(exit).toBe(0)
      expect(json).toMatchObject({ steps: 18, resumedFrom: 16, status: 'finished', exact: false, name: 'tiny, 2' })
      expect(json.origin).toMatchObject({ name: 'tiny', step: 16 })
      const refused = await latent(...args, '--set', 'latentSize=8')
      expect(refused.exit).toBe(2)
      expect((refused.json.error as { message: string }).message).toContain('“latentSize” cannot change')
    })

    it('refuses what cannot fit before anything is started, and says what would', async () => {
      const args = ['--dataset', 'faces', '--recipe', 'vae', '--size', '256', '--steps', '2', '--engine', 'wasm']
      const wide = ['--set', 'layers=1', '--set', 'width=2048', '--set', 'batchSize=16']
      const { exit, json } = await latent('train', at('project'), ...args, ...wide)
      expect(exit).toBe(1)
      const { code, message, hint } = json.error as { code: string; message: string; hint: string }
      expect(code).toBe('memory-short')
      expect(message).toMatch(
        /^This training needs about [\d.]+ GB of memory, and the engine has 3\.2 GB\. Nothing was started\.$/,
      )
      expect(hint).toContain('--size')
      expect((await latent('runs', at('project'))).json.runs).toHaveLength(2)
    })

    it('makes new pictures, the same from the same seed, and by several commands at once', async () => {
      const args = ['generate', at('project'), '--run', 'latest', '--count', '3', '--seed', '5', '--out']
      const [{ json }, ...others] = await Promise.all([latent(...args, at('new')), latent(...args, at('again')), latent('runs', at('project'))]) // prettier-ignore
      // Whoever has the project first works for the others, and ends after them.
      expect(others.map(({ exit }) => exit)).toEqual([0, 0])
      expect(json.files).toEqual(['0001', '0002', '0003'].map((name) => at('new', `${name}.png`)))
      expect(await sharp(at('new', '0001.png')).metadata()).toMatchObject({ width: 8, height: 8 })
      expect(await readFile(at('new', '0003.png'))).toEqual(await readFile(at('again', '0003.png')))
    })

    it('encodes, decodes and redraws pictures from files', async () => {
      const faces = (await readdir(at('faces'))).filter((name) => name.endsWith('.png')).slice(0, 2).map((name) => at('faces', name)) // prettier-ignore
      const encoded = await latent('encode', at('project'), '--run', 'tiny', ...faces)
      expect((encoded.json.latents as number[][]).map((latent) => latent.length)).toEqual([4, 4])
      await writeFile(at('latents.json'), JSON.stringify(encoded.json))
      expect(
        (await latent('decode', at('project'), '--run', 'tiny', '--latents', at('latents.json'), '--out', at('decoded'))).exit,
      ).toBe(0)
      const redrawn = await latent('reconstruct', at('project'), '--run', 'tiny', ...faces, '--out', at('redrawn'))
      const items = redrawn.json.items as { file: string; error: number; out: string }[]
      expect(items.map(({ file }) => file)).toEqual(faces)
      for (const { error } of items) expect(error).toBeGreaterThan(0)
      expect(await readFile(at('decoded', '0001.png'))).toEqual(await readFile(items[0]!.out))
    })

    it('finds directions, edits along one and morphs', async () => {
      const { json } = await latent('directions', at('project'), '--run', 'tiny')
      const [first] = json.directions as { id: string; name: string; kind: string; accuracy: number }[]
      const face = at('faces', 'face-0001.png')
      const edit = ['--direction', first!.id, '--strength', '-2', '--out', at('edited.png')]
      expect((await latent('edit', at('project'), face, '--run', 'tiny', ...edit)).exit).toBe(0)
      expect((await stat(at('edited.png'))).size).toBeGreaterThan(50)
      const morph = [
        'morph',
        at('project'),
        '--run',
        'tiny',
        '--from',
        face,
        '--to',
        at('faces', 'face-0002.png'),
        '--steps',
        '5',
      ]
      expect((await latent(...morph, '--out', at('morph'))).json.files).toHaveLength(5)
      await latent(...morph, '--out', at('morph.gif'))
      expect((await sharp(at('morph.gif'), { animated: true }).metadata()).pages).toBe(5)
      await latent(...morph, '--out', at('morph.png'))
      expect(await sharp(at('morph.png')).metadata()).toMatchObject({ width: 40, height: 8 })
    })

    it('measures on the items kept out of training', async () => {
      const { exit, json } = await latent('evaluate', at('project'), '--run', 'tiny')
      expect(exit).toBe(0)
      expect(json).toMatchObject({ items: 6, step: 16, metrics: { mse: expect.any(Number) as number } })
      const { settings, spaces } = json.quality as Quality
      expect(settings).toMatchObject({ k: 5, seed: 0, real: 'other-training' })
      expect(spaces[0]).toMatchObject({ id: 'random-features-1', real: { recall: expect.any(Number) as number } })
    })

    it('exports for other programs, checked, and never over a file', async () => {
      const { exit, json } = await latent('export', at('project'), '--run', 'tiny', '--format', 'onnx', '--out', at('face.onnx'))
      expect(json.error).toBeUndefined()
      expect(exit).toBe(0)
      expect(json).toMatchObject({ verified: true })
      expect(json.maxDifference).toBeLessThanOrEqual(1e-4)
      expect((json.files as string[])[0]).toBe(at('face.onnx'))
      for (const file of json.files as string[]) expect((await stat(file)).size).toBeGreaterThan(100)
      const again = await latent('export', at('project'), '--run', 'tiny', '--format', 'onnx', '--out', at('face.onnx'))
      expect([again.exit, (again.json.error as { code: string }).code]).toEqual([1, 'export-exists'])
      for (const format of ['safetensors', 'png']) {
        const other = await latent('export', at('project'), '--run', 'tiny', '--format', format, '--out', at('exported'))
        expect(other.json).toMatchObject({ verified: true })
      }
    })

    it('takes the sentences of a list as captions, trains by them and makes what is asked for', async () => {
      await latent('sample', 'cartoon-faces', at('told'), '--count', '48', '--captions', 'zh')
      const { json } = await latent('import', at('words'), at('told'), '--dataset', 'told', '--caption', 'caption')
      expect(json.lists).toMatchObject([
        {
          file: 'captions.csv',
          captions: 48,
          columns: [
            { name: 'file', as: 'picture' },
            { name: 'caption', as: 'caption' },
          ],
        },
      ])
      const settings = ['architecture=mlp', 'critic=mlp', 'width=8', 'latentSize=4', 'batchSize=16', 'byText=true']
      const args = ['--dataset', 'told', '--recipe', 'gan', '--size', '8', '--engine', 'wasm', '--seed', '3']
      const trained = await latent('train', at('words'), ...args, '--steps', '6', ...settings.flatMap((one) => ['--set', one]))
      expect(trained.json).toMatchObject({ status: 'finished', steps: 6 })
      expect((await latent('resume', at('words'), '--run', 'latest', '--steps', '8')).json).toMatchObject({
        steps: 8,
        exact: true,
      })
      const make = (text: string, out: string) =>
        latent('generate', at('words'), '--run', 'latest', '--count', '2', '--text', text, '--out', at(out))
      expect((await make('一张戴着眼镜的脸', 'glasses')).json).toMatchObject({ text: '一张戴着眼镜的脸' })
      await make('一个戴着帽子的人', 'hat')
      const pictures = await Promise.all(['glasses', 'hat'].map((folder) => readFile(at(folder, '0001.png'))))
      expect(pictures[0]!.equals(pictures[1]!)).toBe(false)
      const unknown = await make('一只戴帽子的猫', 'cat')
      expect(unknown.exit).toBe(1)
      expect((unknown.json.error as { message: string }).message).toBe('This model never met the words “只, 猫”.')
      const none = await latent('import', at('words'), at('told'), '--caption', 'mood')
      expect((none.json.error as { code: string }).code).toBe('column-none')
    })

    it('trains on texts, goes on exactly, writes new ones, measures them, and refuses what only pictures can do', async () => {
      const lines = Array.from(
        { length: 60 },
        (_, i) => `${['the cat', 'a dog', 'my bird'][i % 3]} ${['sat', 'ran'][i % 2]} ${i}`,
      )
      await writeFile(at('lines.txt'), lines.join('\n'))
      await latent('import', at('lines'), at('lines.txt'))
      const settings = ['hidden=16', 'embedding=8', 'batchSize=16'].flatMap((one) => ['--set', one])
      const args = ['--recipe', 'text-lm', '--engine', 'wasm', '--seed', '2', '--test-share', '0.4', ...settings]
      const trained = await latent('train', at('lines'), ...args, '--steps', '20')
      expect(trained.json).toMatchObject({ status: 'finished', steps: 20, losses: { nll: expect.any(Number) as number } })
      expect((await latent('resume', at('lines'), '--run', 'latest', '--steps', '30')).json).toMatchObject({
        steps: 30,
        exact: true,
      })
      const run = trained.json.run as string
      const written = JSON.parse(await readFile(at('lines', 'runs', run, 'samples', '30', 'lines.json'), 'utf8')) as string[]
      expect(written.every((line) => typeof line === 'string')).toBe(true)

      const generate = (...more: string[]) => latent('generate', at('lines'), '--run', 'latest', '--count', '4', ...more)
      const { json } = await generate('--seed', '5', '--temperature', '0.7', '--top-k', '9', '--top-p', '0.9')
      expect(json).toMatchObject({ count: 4, seed: 5, temperature: 0.7, topK: 9, nucleus: 0.9 })
      expect((json.items as string[]).map((one) => typeof one)).toEqual(['string', 'string', 'string', 'string'])
      expect((await generate('--seed', '5', '--temperature', '0.7', '--top-k', '9', '--top-p', '0.9')).json.items).toEqual(
        json.items,
      )

      const measured = (await latent('evaluate', at('lines'), '--run', 'latest', '--count', '20')).json
      const { nll, perplexity } = measured.metrics as Record<string, number>
      expect(perplexity).toBeCloseTo(Math.exp(nll!), 4)
      expect(measured.texts).toMatchObject({
        settings: { count: 20, references: 20, kind: 'held-out' },
        real: { bleu: { 2: expect.any(Number) as number } },
      })
      const refused: [string, string[]][] = [
        ['usage', ['generate', at('lines'), '--run', 'latest', '--prior', 'fitted']],
        ['usage', ['generate', at('project'), '--run', 'tiny', '--temperature', '2']],
        ['pictures-only', ['directions', at('lines'), '--run', 'latest']],
        ['pictures-only', ['export', at('lines'), '--run', 'latest', '--format', 'png', '--out', at('sheet.png')]],
        ['settings-wrong', ['train', at('lines'), '--recipe', 'text-lm', '--steps', '1', '--augment', 'flip']],
      ]
      for (const [code, args] of refused) expect((await latent(...args)).json.error, args.join(' ')).toMatchObject({ code })
    })

    it('says what is wrong with a name, a setting or a path, and what to do', async () => {
      const failures: [number, string, string[]][] = [
        [1, 'path-not-found', ['import', at('project'), at('nowhere')]],
        [1, 'not-found', ['generate', at('project'), '--run', 'nobody']],
        [1, 'recipe-unknown', ['train', at('project'), '--recipe', 'magic']],
        [1, 'engine-unknown', ['train', at('project'), '--recipe', 'vae', '--engine', 'steam']],
        [2, 'settings-wrong', ['train', at('project'), '--recipe', 'vae', '--set', 'latentSise=4']],
        [2, 'settings-wrong', ['train', at('project'), '--recipe', 'vae', '--set', 'latentSize=many']],
        [1, 'path-not-found', ['generate', at('x'), '--run', 'latest']],
      ]
      for (const [exit, code, args] of failures) {
        const answer = await latent(...args)
        expect([answer.exit, answer.json.error], args.join(' ')).toMatchObject([
          exit,
          { code, hint: expect.any(String) as string },
        ])
      }
    })
  },
)
