/**
 * `latent COMMAND …`: the studio without a window. With `--json` the last line of stdout is one JSON object; everything said on
 * the way goes to stderr. Exit 0 done, 1 failed, 2 wrong usage.
 */
import { asStudioError, type StudioError } from '../../../contract/errors'
import { parse, signature, usage, type Command } from './command'
import { commands } from './commands'
import { createSession } from './session'

/** Mistakes in what was typed, not in what was done. */
const WRONG_USAGE = new Set(['usage', 'wrong-input', 'settings-wrong'])

/** The command whose words come first; longer names win (`engine list`). */
function find(args: string[]): { command: Command; rest: string[] } {
  const named = commands.filter(({ name }) => name.split(' ').every((word, i) => args[i] === word))
  const command = named.toSorted((a, b) => b.name.length - a.name.length)[0]
  if (!command) throw usage(args[0] ? `There is no command “${args[0]}”.` : 'A command is missing.')
  return { command, rest: args.slice(command.name.split(' ').length) }
}

function overview(): string {
  const lines = commands.map((command) => `  ${[command.name, ...command.positional].join(' ').padEnd(34)} ${command.help}`)
  return `latent COMMAND … [--json]\n\n${lines.join('\n')}\n\nlatent COMMAND --help tells its options. PROJECT is a folder, made when missing.`
}

function about(command: Command): string {
  const options = Object.entries(command.options).map(
    ([name, [kind, value, help]]) => `  --${(kind === 'flag' ? name : `${name} ${value}`).padEnd(24)} ${help}`,
  )
  return [
    command.help,
    '',
    signature(command),
    '',
    ...options,
    `  --${'json'.padEnd(24)} one JSON object on the last line of stdout`,
  ].join('\n')
}

const say = (text: string) => void process.stdout.write(`${text}\n`)

function fail(error: StudioError, json: boolean): number {
  if (json) say(JSON.stringify({ error: error.toJSON() }))
  else process.stderr.write(`${error.message} ${error.hint}\n`)
  return WRONG_USAGE.has(error.code) ? 2 : 1
}

/** The stack of what happened first. */
function firstStack(error: Error): string {
  let first = error
  while (first.cause instanceof Error) first = first.cause
  // What went wrong in another thread comes as its stack alone.
  return typeof first.cause === 'string' ? first.cause : (first.stack ?? String(first))
}

/** Runs one command and gives the exit code. */
export async function main(args: string[]): Promise<number> {
  const end = args.indexOf('--')
  const own = end < 0 ? args : args.slice(0, end)
  const json = own.includes('--json')
  const help = own.includes('--help') || own.includes('-h')
  const words = args.filter((arg, i) => (end >= 0 && i >= end) || (arg !== '--json' && arg !== '--help' && arg !== '-h'))
  if (words.length === 0 || (words[0] === 'help' && words.length === 1)) {
    if (help || words[0] === 'help') return (say(overview()), 0)
    return fail(usage('A command is missing.'), json)
  }
  const session = createSession({ json })
  try {
    const { command, rest } = find(words)
    if (help) return (say(about(command)), 0)
    const answer = await command.run(parse(command, rest), session)
    session.progress.end()
    // Before closing, which may have to wait for others.
    say(json ? JSON.stringify(answer.json) : answer.say)
    await session.close()
    return answer.failed ? 1 : 0
  } catch (thrown) {
    session.progress.end()
    await session.close().catch(() => {})
    const error = asStudioError(thrown)
    // A bug: whoever sees it here can use the stack; the studio's log has it as well.
    if (error.code === 'unexpected') process.stderr.write(`${firstStack(error)}\n`)
    return fail(error, json)
  }
}
