/** What the packaged app is made of, as it is declared; nothing here needs Electron. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const config = readFileSync('electron-builder.yml', 'utf8')
const section = (name: string) => new RegExp(`^${name}:\\n((?: .*\\n)+)`, 'm').exec(config)?.[1] ?? ''

describe('the package', () => {
  it('has every fuse set by name', () => {
    const fuses = Object.fromEntries(
      section('electronFuses')
        .trim()
        .split('\n')
        .map((line) => line.trim().split(': ')),
    )
    expect(fuses).toEqual({
      runAsNode: 'false',
      enableNodeOptionsEnvironmentVariable: 'false',
      enableNodeCliInspectArguments: 'false',
      onlyLoadAppFromAsar: 'true',
      enableEmbeddedAsarIntegrityValidation: 'true',
      grantFileProtocolExtraPrivileges: 'false',
      enableCookieEncryption: 'true',
      loadBrowserProcessSpecificV8Snapshot: 'false',
    })
  })

  it('keeps every program of the plain Node, and what it loads, outside of the archive', () => {
    const unpacked = section('asarUnpack')
    expect(config).toMatch(/^asar: true$/m)
    // The names that `program()` may be asked for, and what they import.
    const programs = /name: ([^)]*)\)/.exec(readFileSync('src/main/programs.ts', 'utf8'))![1]!.match(/[a-z-]+(?=')/g)!
    expect(programs).toContain('trainer')
    for (const name of programs) expect(unpacked).toContain(name)
    expect(unpacked).toContain('out/main/chunks/**')
    expect(unpacked).toContain('node_modules/**')
  })

  it('brings the Node of its own system, and no other', () => {
    for (const system of ['linux', 'mac', 'win'])
      expect(section(system)).toMatch(/extraResources: \[\{ from: '\$\{env\.LATENT_NODE\}', to: node\/node(\.exe)? \}\]/)
    expect(config).toContain("'!node_modules/node-{linux,win}-{x64,arm64}/**'")
  })
})
