/** What a form needs to know about a setting, read from the JSON Schema of a recipe's (or the shared) settings. */

export interface Text {
  en: string
  'zh-CN': string
}
export type Language = keyof Text

export type Level = 'basic' | 'expert'

export interface Field {
  key: string
  kind: 'integer' | 'number' | 'choice' | 'switch' | 'text' | 'numbers'
  title: Text
  help: Text | null
  level: Level
  default: unknown
  /** Bounds that a person would meet; the safe-integer bounds of every `int` are none. */
  minimum: number | null
  maximum: number | null
  exclusiveMinimum: number | null
  exclusiveMaximum: number | null
  choices: { value: unknown; title: Text }[]
}

type Schema = Record<string, unknown>
const plain = (text: string): Text => ({ en: text, 'zh-CN': text })

/** `learningRate` → `Learning rate`: what to show when a schema brings no words of its own. */
export function humanise(key: string): string {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[-_]+/g, ' ')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function textOf(given: unknown, fallback: Text | null): Text | null {
  if (typeof given === 'string' && given) return plain(given)
  const text = given as Partial<Text> | null | undefined
  return text?.en ? { en: text.en, 'zh-CN': text['zh-CN'] ?? text.en } : fallback
}

function bound(value: unknown): number | null {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null
}

function choicesOf(schema: Schema): unknown[] {
  if (Array.isArray(schema.enum)) return schema.enum
  const variants = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
  if (variants?.length && variants.every((variant) => 'const' in variant)) return variants.map((variant) => variant.const)
  return []
}

function kindOf(schema: Schema, choices: unknown[]): Field['kind'] {
  if (choices.length) return 'choice'
  if (schema.type === 'boolean') return 'switch'
  if (schema.type === 'integer') return 'integer'
  if (schema.type === 'number') return 'number'
  if (schema.type === 'array') return 'numbers'
  return 'text'
}

/** The fields of an object schema, in its own order. A schema without properties has none. */
export function fieldsOf(schema: Schema): Field[] {
  const properties = (schema.properties ?? {}) as Record<string, Schema>
  return Object.entries(properties).map(([key, property]) => {
    const choices = choicesOf(property)
    const names = (property.choices ?? {}) as Record<string, unknown>
    return {
      key,
      kind: kindOf(property, choices),
      title: textOf(property.title, plain(humanise(key)))!,
      help: textOf(property.help ?? property.description, null),
      level: property.level === 'basic' ? 'basic' : 'expert',
      default: property.default,
      minimum: bound(property.minimum),
      maximum: bound(property.maximum),
      exclusiveMinimum: bound(property.exclusiveMinimum),
      exclusiveMaximum: bound(property.exclusiveMaximum),
      choices: choices.map((value) => ({ value, title: textOf(names[String(value)], plain(humanise(String(value))))! })),
    }
  })
}

/** Every setting's default. */
export function defaultsOf(fields: Field[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((field) => field.default !== undefined).map((field) => [field.key, field.default]))
}

export type Problem =
  | { code: 'needed' | 'not-number' | 'not-whole' | 'not-choice' | 'not-list' }
  | { code: 'below' | 'above' | 'not-above' | 'not-below'; limit: number }

function numberProblem(field: Field, value: unknown): Problem | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return { code: 'not-number' }
  if (field.kind === 'integer' && !Number.isInteger(value)) return { code: 'not-whole' }
  if (field.minimum !== null && value < field.minimum) return { code: 'below', limit: field.minimum }
  if (field.maximum !== null && value > field.maximum) return { code: 'above', limit: field.maximum }
  if (field.exclusiveMinimum !== null && value <= field.exclusiveMinimum)
    return { code: 'not-above', limit: field.exclusiveMinimum }
  if (field.exclusiveMaximum !== null && value >= field.exclusiveMaximum)
    return { code: 'not-below', limit: field.exclusiveMaximum }
  return null
}

/** What is wrong with a value, or null. The trainer checks again; this is so that nobody has to press Start to learn it. */
export function problemOf(field: Field, value: unknown): Problem | null {
  if (value === undefined || value === null || value === '') return { code: 'needed' }
  if (field.kind === 'integer' || field.kind === 'number') return numberProblem(field, value)
  if (field.kind === 'choice') return field.choices.some((choice) => choice.value === value) ? null : { code: 'not-choice' }
  if (field.kind === 'numbers') {
    return Array.isArray(value) && value.every((one) => typeof one === 'number' && Number.isFinite(one))
      ? null
      : { code: 'not-list' }
  }
  return null
}

/** A typed number as people write it: `0.001`, `1e-3`, `0,001`. Nothing typed is undefined; anything else stays text, to be named. */
export function parseNumber(text: string): number | string | undefined {
  const trimmed = text.trim()
  if (!trimmed) return undefined
  const value = Number(trimmed.replace(/^(-?\d+),(\d+)$/, '$1.$2'))
  return Number.isFinite(value) ? value : trimmed
}

/** `64, 128 256` as numbers; text that is no list stays text. */
export function parseNumbers(text: string): number[] | string | undefined {
  const parts = text.split(/[\s,;，、]+/).filter(Boolean)
  if (!parts.length) return undefined
  const values = parts.map(Number)
  return values.every(Number.isFinite) ? values : text
}
