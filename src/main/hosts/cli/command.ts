/** What a command of the command line is: declared once, for parsing, help and running. */
import { parseArgs } from 'node:util'
import { StudioError } from '../../../contract/errors'
import type { Session } from './session'

/** `text` takes a value, `list` takes one each time it is given, `flag` takes none. */
type OptionKind = 'text' | 'list' | 'flag'

export interface Given {
  /** Positional arguments, as many as the usage names. */
  rest: string[]
  text(name: string): string | undefined
  /** The option, or the error `usage` naming it. */
  needed(name: string): string
  number(name: string, range?: { least?: number; whole?: boolean }): number | undefined
  list(name: string): string[]
  flag(name: string): boolean
}

export interface Command {
  /** Words that call it: `engine list` has two. */
  name: string
  /** Positional arguments as help shows them: `PROJECT`, `PATH…` (one or more), `[PROJECT]` (optional). */
  positional: readonly string[]
  options: Readonly<Record<string, readonly [kind: OptionKind, value: string, help: string]>>
  help: string
  /** The object that `--json` prints; `say` is what a person reads instead. */
  run(given: Given, session: Session): Promise<{ json: Record<string, unknown>; say: string; failed?: boolean }>
}

export const usage = (reason: string) => new StudioError('usage', { reason })

/** One line, as help shows it. */
export function signature({ name, positional, options }: Command): string {
  const given = Object.entries(options).map(([option, [kind, value]]) =>
    kind === 'flag' ? `[--${option}]` : `[--${option} ${value}]`,
  )
  return ['latent', name, ...positional, ...given].join(' ')
}

/** `--strength -2` as `--strength=-2`: a value that begins with a dash is taken for an option otherwise. */
function joinNumbers({ options }: Command, args: string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const before = joined.at(-1) ?? ''
    const takesValue = before.startsWith('--') && !before.includes('=') && (options[before.slice(2)]?.[0] ?? 'flag') !== 'flag'
    if (takesValue && /^-\.?\d/.test(arg)) joined[joined.length - 1] = `${before}=${arg}`
    else joined.push(arg)
  }
  return joined
}

/** Parses what follows the command's name; throws `usage` for anything it does not know. */
export function parse(command: Command, args: string[]): Given {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, [kind]]) => [
      name,
      { type: kind === 'flag' ? ('boolean' as const) : ('string' as const), multiple: kind === 'list' },
    ]),
  )
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({ args: joinNumbers(command, args), options, allowPositionals: true, strict: true })
  } catch (thrown) {
    throw usage((thrown as Error).message.split('. ')[0]!.replace(/\.?$/, '.'))
  }
  const { values, positionals } = parsed
  const least = command.positional.filter((name) => !name.startsWith('[')).length
  const endless = command.positional.at(-1)?.includes('…') ?? false
  if (positionals.length < least) throw usage(`${command.positional[positionals.length]} is missing: ${signature(command)}`)
  if (!endless && positionals.length > command.positional.length)
    throw usage(`“${positionals[command.positional.length]}” is one argument too many: ${signature(command)}`)
  const text = (name: string) => values[name] as string | undefined
  return {
    rest: positionals,
    text,
    needed(name) {
      const value = text(name)
      if (value === undefined) throw usage(`--${name} is missing: ${signature(command)}`)
      return value
    },
    number(name, { least = -Infinity, whole = false } = {}) {
      const value = text(name)
      if (value === undefined) return undefined
      const number = Number(value)
      if (value.trim() === '' || !Number.isFinite(number) || number < least || (whole && !Number.isInteger(number)))
        throw usage(
          `--${name} needs ${whole ? 'a whole number' : 'a number'}${least > -Infinity ? ` of ${least} or more` : ''}, not “${value}”.`,
        )
      return number
    },
    list: (name) => (values[name] as string[] | undefined) ?? [],
    flag: (name) => values[name] === true,
  }
}
