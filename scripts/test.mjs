/**
 * `npm test`: everything that needs no peer and no GPU, then one line with the count.
 * `npm test -- NAME` runs only the steps whose name holds NAME (static, unit, e2e).
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { root, run } from './node24.mjs'
import { setup } from './setup.mjs'

const wanted = process.argv[2] ?? ''
const results = join(root, 'test-results')
const count = { passed: 0, failed: 0, skipped: 0 }

function add(name, { passed = 0, failed = 0, skipped = 0 }) {
  count.passed += passed
  count.failed += failed
  count.skipped += skipped
  console.log(`── ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

/** A check without cases of its own counts as one. */
async function check(name, program, args) {
  const code = await run(program, args)
  add(name, code === 0 ? { passed: 1 } : { failed: 1 })
}

async function checkText() {
  await check('lint', 'eslint', ['.', '--max-warnings', '0'])
  await check('format', 'prettier', ['--check', '--log-level', 'warn', '.'])
  await check('layers', 'depcruise', ['src', '--config', '.dependency-cruiser.cjs'])
  await check('knip', 'knip', [])
}

async function unit() {
  const file = join(results, 'unit.json')
  const code = await run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`])
  const report = read(file)
  const failed = report?.numFailedTests ?? 0
  add('unit', {
    passed: report?.numPassedTests,
    // A file that did not even load has no failed test in it.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  })
}

async function e2e() {
  const browser = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path && existsSync(path),
  )
  if (!browser) {
    console.log('e2e needs Chromium: install it from your system’s packages, or set CHROMIUM_PATH.')
    add('e2e', process.env.CI ? { failed: 1 } : { skipped: 1 })
    return
  }
  const file = join(results, 'e2e.json')
  const code = await run('playwright', ['test', '--reporter=list,json'], {
    env: { ...process.env, CHROMIUM_PATH: browser, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  })
  const stats = read(file)?.stats
  const failed = (stats?.unexpected ?? 0) + (stats?.flaky ?? 0)
  add('e2e', { passed: stats?.expected, failed: code !== 0 && failed === 0 ? 1 : failed, skipped: stats?.skipped })
}

setup()
rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })
const started = performance.now()

if ((await build()) !== 0) {
  add('build', { failed: 1 })
} else {
  if ('static'.includes(wanted)) {
    // The types take as long as all the others together.
    await Promise.all([check('types', 'vue-tsc', ['--noEmit', '-p', 'tsconfig.json']), checkText()])
  }
  if ('unit'.includes(wanted)) await unit()
  if ('e2e'.includes(wanted)) await e2e()
}

console.log(`in ${Math.round((performance.now() - started) / 1000)} s`)
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed > 0 ? 1 : 0
