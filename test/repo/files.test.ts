/** What no file of this repository may hold. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { describe, expect, it } from 'vitest'

const TEXT = /\.(?:[cm]?[jt]s|vue|json|ya?ml|md|html|css|svg|sh)$|^\.(?:npmrc|gitignore|prettierrc\.json)$|^\.ci\/|^[A-Z]+$/
const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .stdout.split('\n')
  .filter((path) => TEXT.test(path) && existsSync(path))
const texts = files.map((path) => ({ path, text: readFileSync(path, 'utf8') }))

/** `path:line` of each match; patterns are put together here so that this file does not hold them. */
function found(pattern: RegExp, where: RegExp, except: RegExp = /^$/): string[] {
  return texts
    .filter(({ path }) => where.test(path) && !except.test(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 120)}`] : [])),
    )
}
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

describe('the files', () => {
  it('are many and readable', () => expect(texts.length).toBeGreaterThan(100))

  it('name no folder of the machine they were written on', () => {
    const places = [
      process.cwd(),
      homedir(),
      ['', 'work', 'main'].join('/'),
      ['', 'work', 'shared'].join('/'),
      ['', 'root', ''].join('/'),
    ]
    const own = places.filter((place) => place.length > 3).map((place) => `${escaped(place)}(?![\\w-])`)
    expect(found(new RegExp(own.join('|')), /./)).toEqual([])
  })

  it('name no package registry', () => {
    const hosts = [
      ['registry', 'npmjs'],
      ['npmmirror', 'com'],
      ['pypi', 'org'],
      ['pythonhosted', 'org'],
      ['registry', 'yarnpkg'],
    ].map((parts) => parts.join('\\.'))
    expect(found(new RegExp([...hosts, `"${'resolved'}": "http`, 'artifact' + 'ory'].join('|')), /./)).toEqual([])
  })

  it('switch off nothing that protects the window', () => {
    const flags = ['no-' + 'sandbox', 'disable-web-' + 'security', 'remote-debugging-' + 'port', 'ignore-certificate-' + 'errors']
    expect(
      found(new RegExp(flags.join('|')), /^(src|scripts)\/|^package\.json$|^electron-builder\.yml$|^electron\.vite/),
    ).toEqual([])
    expect(
      found(
        new RegExp(
          [
            'openPa' + 'th\\(',
            '@electron/rem' + 'ote',
            'send' + 'Sync\\(',
            'v-' + 'html',
            'inner' + 'HTML',
            'new ' + 'Function\\(',
            '\\bev' + 'al\\(',
          ].join('|'),
        ),
        /^src\//,
      ),
    ).toEqual([])
  })

  it('are finished', () => {
    expect(
      found(new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`), /^(src|test|scripts|bench)\//),
    ).toEqual([])
    expect(found(new RegExp(`\\b(?:it|test|describe)\\.${'on' + 'ly'}\\(`), /^test\//)).toEqual([])
    expect(found(new RegExp('console\\.' + 'log'), /^src\//)).toEqual([])
    expect(found(new RegExp('Math\\.' + 'random'), /^(src|test|bench)\//)).toEqual([])
  })
})
