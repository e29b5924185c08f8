/**
 * Tables of the records in `docs/results/models.json` (see `proof-models.mjs`). As a program, `npm run docs:results`, it puts them
 * between the marks in `docs/RESULTS.md`; `modelTable` gives one recipe's part for its reference page.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import prettier from 'prettier'
import { root } from './node24.mjs'

const records = join(root, 'docs', 'results', 'models.json')
const results = join(root, 'docs', 'RESULTS.md')
const marks = ['<!-- models -->', '<!-- /models -->']

const words = {
  en: {
    head: [
      'model',
      'seeds',
      'FD, classifier',
      'FD, random features',
      'precision',
      'recall',
      'density',
      'coverage',
      'kinds hit',
      'ELBO, nats',
      'CPU s',
    ],
    real: 'real pictures, held out',
    about: (steps, count) => `${steps} steps each; ${count} pictures measured.`,
  },
  'zh-CN': {
    head: [
      '模型',
      '种子数',
      'FD（分类器）',
      'FD（随机特征）',
      '精确率',
      '召回率',
      '密度',
      '覆盖率',
      '种类',
      'ELBO（nats）',
      'CPU 秒',
    ],
    real: '真实图片（留出）',
    about: (steps, count) => `各训练 ${steps} 步；测量 ${count} 张图片。`,
  },
}

const read = () => (existsSync(records) ? JSON.parse(readFileSync(records, 'utf8')).rows : [])

/** Mean, and half the range where there are several. */
function told(values, digits) {
  const known = values.filter((value) => typeof value === 'number')
  if (known.length === 0) return '–'
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const spread = (Math.max(...known) - Math.min(...known)) / 2
  return mean.toFixed(digits) + (known.length > 1 ? ` ± ${spread.toFixed(digits)}` : '')
}

const space = (row, id) => row.measured.quality?.spaces.find((one) => one.id === id)

function cells(name, rows, who, more) {
  const scores = rows.map((row) => space(row, 'classifier-1')?.[who])
  const random = rows.map((row) => space(row, 'random-features-1')?.[who])
  const of = (all, key, digits) =>
    told(
      all.map((one) => one?.[key]),
      digits,
    )
  return [
    name,
    rows.length,
    of(scores, 'frechet', 2),
    of(random, 'frechet', 2),
    ...['precision', 'recall', 'density', 'coverage'].map((key) => of(scores, key, 3)),
    told(
      rows.map((row) => row.measured.quality?.kinds?.[who].hit),
      0,
    ),
    ...more,
  ]
}

function tableOf(rows, { head, real, about }) {
  const names = [...new Set(rows.map(({ row }) => row))]
  const lines = names.map((name) => {
    const own = rows.filter(({ row }) => row === name)
    return cells(name, own, 'made', [
      told(
        own.map((row) => row.measured.metrics.elbo),
        1,
      ),
      told(
        own.map((row) => row.cpuSeconds),
        0,
      ),
    ])
  })
  const table = [
    head,
    head.map((_, i) => (i === 0 ? '---' : '--:')),
    cells(real, rows, 'real', ['–', '–']).with(1, '–'),
    ...lines,
  ]
  return [
    table.map((line) => `| ${line.join(' | ')} |`).join('\n'),
    about(rows[0].steps, rows[0].measured.quality?.settings.count),
  ].join('\n\n')
}

/** By data set; null where nothing has been measured. */
function tables(rows, language) {
  if (rows.length === 0) return null
  const sets = [...new Set(rows.map(({ data }) => data))]
  return sets
    .map(
      (data) =>
        `### ${data}\n\n${tableOf(
          rows.filter((row) => row.data === data),
          words[language],
        )}`,
    )
    .join('\n\n')
}

export const modelTable = (recipe, language) =>
  tables(
    read().filter((row) => row.recipe === recipe),
    language,
  )

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const text = readFileSync(results, 'utf8')
  const [before, after] = marks.map((mark) => text.indexOf(mark))
  if (before < 0 || after < before) throw new Error(`docs/RESULTS.md has no marks ${marks.join(' ')}`)
  const made = `${text.slice(0, before)}${marks[0]}\n\n${tables(read(), 'en') ?? ''}\n\n${text.slice(after)}`
  writeFileSync(results, await prettier.format(made, { ...(await prettier.resolveConfig(results)), parser: 'markdown' }))
}
