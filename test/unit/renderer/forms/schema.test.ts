import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fixed, forbidden, type Rule } from '../../../../src/renderer/forms/rules'
import { defaultsOf, fieldsOf, humanise, parseNumber, parseNumbers, problemOf } from '../../../../src/renderer/forms/schema'

const text = (en: string) => ({ en, 'zh-CN': `${en}!` })
/** zod wants its own metas to be strings; the recipes' are texts in two languages. */
const meta = (texts: object) => texts as Record<string, never>
const settings = z.strictObject({
  latentSize: z
    .int()
    .min(2)
    .max(512)
    .default(32)
    .meta(meta({ title: text('Code size'), help: text('How many numbers'), level: 'basic' })),
  learningRate: z.number().gt(0).max(10).default(0.001),
  architecture: z
    .enum(['mlp', 'conv'])
    .default('conv')
    .meta(meta({ title: text('Network'), level: 'basic', choices: { conv: text('For pictures') } })),
  widths: z.array(z.int()).default([32, 64]),
  warm: z.boolean().default(false),
})
const fields = fieldsOf(z.toJSONSchema(settings, { io: 'input' }) as Record<string, unknown>)
const field = (key: string) => fields.find((one) => one.key === key)!

describe('fieldsOf', () => {
  it('reads kinds, levels, texts and bounds from the schema that zod writes', () => {
    expect(fields.map((one) => one.kind)).toEqual(['integer', 'number', 'choice', 'numbers', 'switch'])
    expect(field('latentSize')).toMatchObject({
      level: 'basic',
      minimum: 2,
      maximum: 512,
      default: 32,
      title: text('Code size'),
      help: text('How many numbers'),
    })
    expect(field('learningRate')).toMatchObject({ level: 'expert', exclusiveMinimum: 0, maximum: 10, minimum: null })
  })

  it('names a setting without texts in plain letters', () => {
    expect(field('learningRate').title.en).toBe('Learning rate')
    expect(humanise('weight-decay')).toBe('Weight decay')
  })

  it('names choices by their texts, else by their values', () => {
    expect(field('architecture').choices.map((choice) => choice.title.en)).toEqual(['Mlp', 'For pictures'])
  })

  it('does not show the bounds of a safe integer', () => {
    const [only] = fieldsOf(z.toJSONSchema(z.strictObject({ seed: z.int() })) as Record<string, unknown>)
    expect(only).toMatchObject({ minimum: null, maximum: null })
  })

  it('collects defaults', () => {
    expect(defaultsOf(fields)).toEqual({
      latentSize: 32,
      learningRate: 0.001,
      architecture: 'conv',
      widths: [32, 64],
      warm: false,
    })
  })
})

describe('problemOf', () => {
  it.each([
    ['latentSize', 1, { code: 'below', limit: 2 }],
    ['latentSize', 513, { code: 'above', limit: 512 }],
    ['latentSize', 2.5, { code: 'not-whole' }],
    ['latentSize', 'many', { code: 'not-number' }],
    ['latentSize', undefined, { code: 'needed' }],
    ['latentSize', 512, null],
    ['learningRate', 0, { code: 'not-above', limit: 0 }],
    ['learningRate', 0.1, null],
    ['architecture', 'rnn', { code: 'not-choice' }],
    ['architecture', 'mlp', null],
    ['widths', [16, 32], null],
    ['widths', '16, x', { code: 'not-list' }],
    ['warm', false, null],
  ])('%s = %j', (key, value, problem) => {
    expect(problemOf(field(key), value)).toEqual(problem)
  })
})

describe('typed numbers', () => {
  it('understands how people write them and keeps the rest to be named', () => {
    expect(['1e-3', ' 0.5 ', '0,25', '-3', '', 'x1'].map(parseNumber)).toEqual([0.001, 0.5, 0.25, -3, undefined, 'x1'])
  })
  it('reads lists with any separator', () => {
    expect(parseNumbers('64, 128 256')).toEqual([64, 128, 256])
    expect(parseNumbers('64，128')).toEqual([64, 128])
    expect(parseNumbers('64 wide')).toBe('64 wide')
    expect(parseNumbers(' ')).toBeUndefined()
  })
})

describe('rules', () => {
  const rules: Rule[] = [
    { when: { network: ['mlp'], colour: ['rgb'] }, setting: 'norm', allowed: ['none', 'layer'], reason: text('No batch norm') },
    { when: { network: ['mlp'] }, setting: 'norm', allowed: ['none', 'batch'], reason: text('Only these') },
  ]
  it('forbids only while every condition holds, and says why', () => {
    expect(forbidden(rules, { network: 'mlp', colour: 'rgb' }, 'norm', 'batch')?.en).toBe('No batch norm')
    expect(forbidden(rules, { network: 'conv', colour: 'rgb' }, 'norm', 'batch')).toBeNull()
    expect(forbidden(rules, { network: 'mlp', colour: 'rgb' }, 'norm', 'none')).toBeNull()
  })
  it('fixes what it leaves one value, once it has that', () => {
    expect(fixed(rules, { network: 'mlp', colour: 'rgb', norm: 'none' }, 'norm')?.en).toBe('No batch norm')
    expect(fixed(rules, { network: 'mlp', colour: 'rgb', norm: 'batch' }, 'norm')).toBeNull()
    expect(fixed(rules, { network: 'conv', norm: 'none' }, 'norm')).toBeNull()
  })
})
