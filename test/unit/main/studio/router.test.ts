import { isContractProcedure, type ContractRouterClient } from '@orpc/contract'
import { createRouterClient, getRouter, isProcedure, ORPCError, type Router } from '@orpc/server'
import { beforeEach, describe, expect, it } from 'vitest'
import { contract } from '../../../../src/contract'
import { fromWire, StudioError } from '../../../../src/contract/errors'
import { createRouter, type Services } from '../../../../src/main/router'

/** Every service method counts its calls and answers with `answer`. */
let entered: string[] = []
let logged: unknown[] = []
let answer: () => unknown = () => undefined

function counting(path: string): unknown {
  return new Proxy(() => {}, {
    get: (_, name: string) => counting(`${path}.${name}`),
    apply() {
      if (path === 'projects.opened') return counting('opened')
      entered.push(path)
      return answer()
    },
  })
}

const services = {
  ...Object.fromEntries(['app', 'jobs', 'projects', 'recipes', 'engines'].map((name) => [name, counting(name)])),
  log: { info() {}, warn() {}, error: (_: string, thrown: unknown) => void logged.push(thrown), close: async () => {} },
} as unknown as Services
const router = createRouter(services)
// The compiler's half of "every procedure has a handler with the contract's types".
const typed: Router<typeof contract, Record<never, never>> = router
const client = createRouterClient(router) as ContractRouterClient<typeof contract>

function procedures(part: object, path: string[] = []): { path: string[]; input: unknown }[] {
  return Object.entries(part).flatMap(([name, value]: [string, object]) => {
    const here = [...path, name]
    return isContractProcedure(value) ? [{ path: here, input: value['~orpc'].inputSchema }] : procedures(value, here)
  })
}
const all = procedures(contract)

function call(path: string[], input: unknown): Promise<unknown> {
  const at = path.reduce((part, name) => (part as Record<string, unknown>)[name]!, client as unknown)
  return (at as (input: unknown) => Promise<unknown>)(input)
}
const failure = (path: string[], input?: unknown) =>
  call(path, input).then(
    () => null,
    (thrown: unknown) => thrown as ORPCError<string, { hint: string; details: object }>,
  )

beforeEach(() => {
  entered = []
  logged = []
  answer = () => undefined
})

describe('the router', () => {
  it('has a handler for every procedure of the contract', () => {
    expect(all.length).toBeGreaterThan(40)
    for (const { path } of all) expect(isProcedure(getRouter(typed, path)), path.join('.')).toBe(true)
    expect(
      procedures(typed as object)
        .map(({ path }) => path.join('.'))
        .sort(),
    ).toEqual(all.map(({ path }) => path.join('.')).sort())
  })

  it('enters exactly the service that the procedure names', async () => {
    answer = () => Promise.reject(new StudioError('cancelled'))
    const inputs: Record<string, unknown> = {
      'runs.get': { run: 'abc' },
      'datasets.import': { grants: [`g${'0'.repeat(32)}`] },
      'exports.start': { run: 'abc', format: 'onnx' },
      'recipes.describe': { recipe: 'vae', version: 'abc', settings: {}, training: {} },
      'engines.list': undefined,
    }
    for (const [name, input] of Object.entries(inputs)) await failure(name.split('.'), input)
    expect(entered).toEqual([
      'opened.runs.get',
      'opened.datasets.import',
      'opened.exports.start',
      'opened.describe',
      'engines.list',
    ])
  })

  const hostile: unknown[] = [
    null, 0, NaN, 'text', true, [], [[]], { nope: 1 }, { run: 1 }, { run: '../..' }, { run: 'a', extra: 1 }, { grants: ['/etc/passwd'] },
    { id: 'a', grant: 'b' }, JSON.parse('{"__proto__": {"run": "a"}}'), { run: 'x'.repeat(1_000_000) },
  ] // prettier-ignore

  it('refuses wrong inputs with wrong-input, and enters no handler with them', async () => {
    const withInput = all.filter(({ input }) => input !== undefined)
    expect(withInput.length).toBeGreaterThan(30)
    for (const { path } of withInput)
      for (const input of hostile) {
        const thrown = await failure(path, input)
        expect(thrown, `${path.join('.')} took ${JSON.stringify(input)?.slice(0, 60)}`).toMatchObject({ code: 'wrong-input' })
      }
    expect(entered).toEqual([])
    expect(logged).toEqual([])
  })

  it('tells where an input is wrong', async () => {
    const thrown = await failure(['runs', 'metrics'], { run: 'abc', limit: 1 })
    expect(thrown?.message).toContain('limit')
  })

  it('sends a StudioError with its code, sentence, hint and details, and it can be made again', async () => {
    answer = () => Promise.reject(new StudioError('file-too-large', { file: 'a.png', limit: '50 MB' }))
    const thrown = await failure(['engines', 'list'])
    expect(thrown).toBeInstanceOf(ORPCError)
    expect(thrown).toMatchObject({
      code: 'file-too-large',
      message: 'a.png is larger than 50 MB.',
      data: { hint: 'Make it smaller and add it again.', details: { file: 'a.png', limit: '50 MB' } },
    })
    expect(fromWire(thrown)).toMatchObject({ code: 'file-too-large', message: 'a.png is larger than 50 MB.' })
  })

  it('sends nothing of an error that was not foreseen, and logs it', async () => {
    const bug = new Error('secret /home/someone/path')
    answer = () => Promise.reject(bug)
    const thrown = await failure(['engines', 'list'])
    expect(thrown?.code).toBe('unexpected')
    expect(JSON.stringify(thrown)).not.toContain('secret')
    expect(logged).toEqual([bug])
  })

  it('treats an answer that breaks the contract as a bug', async () => {
    answer = () => Promise.resolve([{ id: 'only' }])
    expect(await failure(['engines', 'list'])).toMatchObject({ code: 'unexpected' })
    expect(logged).toHaveLength(1)
  })

  it('translates errors in the middle of a stream too', async () => {
    answer = async function* () {
      yield* []
      throw new StudioError('project-none')
    }
    const stream = await client.jobs.watch()
    await expect(stream.next()).rejects.toMatchObject({ code: 'project-none' })
  })
})
