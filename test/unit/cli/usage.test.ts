import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { errors } from '../../../src/contract/errors'
import { parse, type Command } from '../../../src/main/hosts/cli/command'
import { commands } from '../../../src/main/hosts/cli/commands'
import { main } from '../../../src/main/hosts/cli/main'
import { bytes, clock, createProgress } from '../../../src/main/hosts/cli/terminal'
import { recipeCard } from '../../../src/recipes/cards'
import { recipeById } from '../../../src/recipes/index'
import { trainingSchema } from '../../../src/recipes/training'
import { choose, parse as parseValue } from '../../../src/main/hosts/cli/commands/values'

let home: string
let out: string
let err: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'latent-cli-'))
  process.env.LATENT_STUDIO_HOME = join(home, 'studio')
  out = ''
  err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
})
afterEach(async () => {
  vi.restoreAllMocks()
  delete process.env.LATENT_STUDIO_HOME
  await rm(home, { recursive: true, force: true })
})

/** The exit code, and the object on the last line of stdout. */
async function json(...args: string[]) {
  const exit = await main([...args, '--json'])
  return {
    exit,
    last: JSON.parse(out.trimEnd().split('\n').at(-1)!) as { error: { code: string; message: string; hint: string } },
  }
}

describe('wrong usage', () => {
  it.each([
    [[]],
    [['fly']],
    [['engine']],
    [['train']],
    [['train', 'p', '--recipe']],
    [['train', 'p', '--wings', '2']],
    [['train', 'p']],
    [['train', 'p', 'q', '--recipe', 'vae']],
    [['train', 'p', '--recipe', 'vae', '--steps', 'many']],
    [['train', 'p', '--recipe', 'vae', '--steps', '0']],
    [['train', 'p', '--recipe', 'vae', '--steps', '1.5']],
    [['train', 'p', '--recipe', 'vae', '--steps', '5', '--epochs', '2']],
    [['train', 'p', '--recipe', 'vae', '--epochs', '0']],
    [['train', 'p', '--recipe', 'vae', '--seed', '-1']],
    [['train', 'p', '--recipe', 'vae', '--balance', 'more']],
    [['train', 'p', '--recipe', 'vae', '--balance-by', 'cat,dog']],
    [['train', 'p', '--recipe', 'vae', '--augment', 'flip,explode']],
    [['generate', 'p']],
    [['generate', 'p', '--run', 'latest', '--count', '']],
    [['score', 'p', 'x']],
    [['score', 'p', '--run', 'latest']],
    [['score', 'p', 'x', '--run', 'latest', '--dataset', 'd']],
    [['score', 'p', 'x', '--run', 'latest', '--method', 'magic']],
    [['import', 'p']],
    [['import', 'p', 'x', '--kind', 'smells']],
    [['export', 'p', '--run', 'latest', '--out', 'x', '--format', 'doc']],
    [['morph', 'p', '--run', 'latest', '--from', 'a', '--to', 'b']],
    [['sample', 'nothing', 'dir']],
  ])('%j ends with 2, one sentence and what to do, and changes nothing', async (args) => {
    const { exit, last } = await json(...args)
    expect(exit).toBe(2)
    expect(last.error).toMatchObject({ code: 'usage', hint: errors.usage[1] })
    expect(last.error.message.length).toBeGreaterThan(5)
    expect(await readdir(home)).toEqual([])
  })

  it('says the same in words without --json, on stderr', async () => {
    expect(await main(['train', 'p'])).toBe(2)
    expect(out).toBe('')
    expect(err).toContain('--recipe is missing')
    expect(err).toContain('latent --help')
  })
})

describe('help', () => {
  it('names every command, and each tells its options', async () => {
    expect(await main(['--help'])).toBe(0)
    for (const { name } of commands) expect(out).toContain(name)
    out = ''
    expect(await main(['train', '--help'])).toBe(0)
    for (const option of Object.keys(commands.find(({ name }) => name === 'train')!.options)) expect(out).toContain(`--${option}`)
  })

  it('has the commands that people script', () => {
    const promised =
      'doctor, engine install, engine list, sample, import, datasets, freeze, runs, recipes, train, resume, pause, stop, generate, encode, decode, reconstruct, score, evaluate, directions, edit, morph, export, serve'
    expect(commands.map(({ name }) => name).sort()).toEqual(promised.split(', ').sort())
  })
})

describe('arguments', () => {
  const command = {
    name: 'do',
    positional: ['A', '[B]'],
    options: { text: ['text', 'T', ''], list: ['list', 'L', ''], flag: ['flag', '', ''] },
    help: '',
    run: () => Promise.reject(new Error('unused')),
  } satisfies Command

  it('are parsed wherever the options stand', () => {
    const given = parse(command, ['--list', 'a=1', 'x', '--flag', '--list=b', '--text', '7'])
    expect(given.rest).toEqual(['x'])
    expect(given.list('list')).toEqual(['a=1', 'b'])
    expect(given.flag('flag')).toBe(true)
    expect(given.number('text')).toBe(7)
    expect(given.text('nothing')).toBeUndefined()
  })

  it('may be negative numbers', () => {
    expect(parse(command, ['x', '--text', '-2']).number('text')).toBe(-2)
    expect(parse(command, ['--list', '-.5', 'x', '--flag']).list('list')).toEqual(['-.5'])
    expect(() => parse(command, ['--flag', '-2', 'x'])).toThrow()
  })

  it('may begin with a dash after --', () => {
    expect(parse(command, ['--', '--x', '-y']).rest).toEqual(['--x', '-y'])
  })

  it('of settings are numbers, truths, lists or text', () => {
    expect(parseValue('0.5')).toBe(0.5)
    expect(parseValue('true')).toBe(true)
    expect(parseValue('bernoulli')).toBe('bernoulli')
    expect(parseValue('7', { type: 'string' })).toBe('7')
    expect(parseValue('[1,2]', { type: 'array' })).toEqual([1, 2])
    expect(parseValue('64, 128', { type: 'array' })).toEqual([64, 128])
  })
})

describe('presets', () => {
  const text = { en: '', 'zh-CN': '' }
  const small = { id: 'small', title: text, help: text, settings: { width: 8, layers: 2 }, training: { learningRate: 0.01 } }
  const card = { ...recipeCard(recipeById('gan')), presets: [small, { ...small, id: 'large' }] }

  it('give way to what is set beside them', () => {
    const { settings, training } = choose(card, trainingSchema(), ['width=16', 'beta1=0.9', 'learningRate=0.1'], 'small')
    expect(settings).toEqual({ width: 16, layers: 2 })
    expect(training).toEqual({ learningRate: 0.1, beta1: 0.9 })
    expect(small.training).toEqual({ learningRate: 0.01 })
    expect(choose(card, trainingSchema(), ['width=16'])).toEqual({ settings: { width: 16 }, training: {} })
  })

  it('that there are not are answered with those that there are', () => {
    const wrong = (presets: typeof card.presets) => () => choose({ ...card, presets }, trainingSchema(), [], 'medium')
    expect(wrong(card.presets)).toThrow('There is no preset “medium” of gan: small, large.')
    expect(wrong([])).toThrow('it has none')
  })
})

describe('progress', () => {
  const stream = (isTTY: boolean) => {
    const lines: string[] = []
    return { lines, progress: createProgress({ isTTY, columns: 60, write: (text: string) => lines.push(text) } as never) }
  }

  it('is a bar on a terminal that goes away, and lines otherwise', () => {
    const terminal = stream(true)
    terminal.progress.show('Importing', 5, 10, '5 items')
    terminal.progress.end()
    expect(terminal.lines[0]).toContain('████████████░░░░░░░░░░░░ 50 %  5 items')
    expect(terminal.lines.at(-1)).toBe('\r\x1b[2K')
    const file = stream(false)
    for (let i = 1; i <= 100; i++) file.progress.show('Importing', i, 100)
    expect(file.lines).toEqual(['Importing 1 %\n'])
  })

  it('tells times and sizes shortly', () => {
    expect([0, 59.6, 75, 3661].map(clock)).toEqual(['0:00', '1:00', '1:15', '1:01:01'])
    expect([0, 999, 1500, 259e6].map(bytes)).toEqual(['0 B', '999 B', '2 kB', '259.0 MB'])
  })
})
