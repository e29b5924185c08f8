/**
 * The reference pages: `npm run docs:recipes`. From the catalogue that the build writes, and the records of the proofs, to
 * `docs/recipes/<id>.md` and `<id>.zh-CN.md`. `--check` writes nothing and exits 1 where a page is not what it would be.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import prettier from 'prettier'
import { root } from './node24.mjs'
import { modelTable } from './model-tables.mjs'

const folder = join(root, 'docs', 'recipes')
const { recipes } = JSON.parse(readFileSync(join(root, 'out', 'main', 'recipes.json'), 'utf8'))

const words = {
  en: {
    other: (id) => `[简体中文](${id}.zh-CN.md)`,
    generated: 'Generated from the recipe’s own declaration by `npm run docs:recipes`.',
    for: 'For whom',
    paper: 'Paper',
    likelihood: {
      title: 'Likelihood',
      exact: 'exact: it can say how probable {an item} is',
      bound: 'a bound: it can say how probable {an item} is at least',
      none: 'none: it can draw, and cannot say how probable {an item} is',
    },
    prior: { title: 'Latents', normal: 'from a normal distribution', uniform: 'from a uniform distribution on (−1, 1)' },
    abilities: 'Can',
    ability: {
      encode: 'find the latent of {an item}',
      decode: 'draw a latent',
      generate: 'make new {items}',
      score: 'say how odd {an item} is',
    },
    items: { images: ['a picture', 'pictures'], texts: ['a text', 'texts'] },
    articles: 'Where the source articles differ',
    stages: 'Stages',
    parts: 'What the chart shows',
    settings: 'Settings',
    setting: ['setting', 'what it does', 'default', 'values'],
    byData: 'by the data',
    rules: 'What may not be combined',
    only: (setting, allowed) => `\`${setting}\` only ${allowed}`,
    presets: 'Presets',
    training: 'Other defaults of the shared training settings',
    figures: 'Figures',
    upTo: 'to',
  },
  'zh-CN': {
    other: (id) => `[English](${id}.md)`,
    generated: '由 `npm run docs:recipes` 根据配方自身的声明生成。',
    for: '适合谁',
    paper: '论文',
    likelihood: {
      title: '似然',
      exact: '精确：能说出{an item}的概率有多大',
      bound: '下界：能说出{an item}的概率至少有多大',
      none: '没有：能画图，但说不出{an item}的概率',
    },
    prior: { title: '潜变量', normal: '取自正态分布', uniform: '取自 (−1, 1) 上的均匀分布' },
    abilities: '能做',
    ability: {
      encode: '求{an item}的潜变量',
      decode: '画出一个潜变量',
      generate: '生成新{items}',
      score: '判断{an item}有多反常',
    },
    items: { images: ['一张图片', '图片'], texts: ['一个文本', '文本'] },
    articles: '与来源文章不同之处',
    stages: '阶段',
    parts: '图表显示什么',
    settings: '设置',
    setting: ['设置', '作用', '默认值', '取值'],
    byData: '由数据决定',
    rules: '哪些不能组合',
    only: (setting, allowed) => `\`${setting}\` 只能是 ${allowed}`,
    presets: '预设',
    training: '共用训练设置的其他默认值',
    figures: '数据',
    upTo: '至',
  },
}

const code = (value) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
/** Settings that must hold, each with what it may be. */
const holding = (when) =>
  Object.entries(when)
    .map(([name, values]) => `${code(name)} = ${values.map(code).join(' / ')}`)
    .join(', ')
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ')
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

/** What a setting may be, from its JSON Schema. */
function values({ enum: choices, type, minimum, maximum, exclusiveMinimum }, { upTo }) {
  if (choices) return choices.map(code).join(', ')
  if (type === 'boolean') return '`true`, `false`'
  const least = minimum ?? exclusiveMinimum
  return least === undefined && maximum === undefined ? code(type) : `${least ?? '…'} ${upTo} ${maximum ?? '…'}`
}

function page(card, language) {
  const say = words[language]
  const text = (one) => one[language]
  const [one, many] = say.items[card.data[0]]
  const of = (words) => words.replaceAll('{an item}', one).replaceAll('{items}', many)
  const encodes = card.abilities.includes('encode') || card.abilities.includes('decode')
  const { properties } = card.settings
  const sections = [
    `# ${text(card.title)} (\`${card.id}\`)`,
    say.other(card.id),
    text(card.summary),
    table(
      ['', ''],
      [
        [say.for, text(card.about.for)],
        [say.paper, card.paper],
        [say.likelihood.title, of(say.likelihood[card.likelihood])],
        // Pictures are drawn from latents even where nothing finds them; a text needs none.
        ...(encodes || card.data.includes('images') ? [[say.prior.title, say.prior[card.prior]]] : []),
        [say.abilities, card.abilities.map((ability) => of(say.ability[ability])).join(', ')],
      ],
    ),
    `## ${say.articles}`,
    text(card.about.articles),
    `## ${say.stages}`,
    card.stages.map(({ title }, i) => `${i + 1}. ${text(title)}`).join('\n'),
    `## ${say.parts}`,
    Object.values(card.parts)
      .map(({ title, help }) => `- **${text(title)}**: ${text(help)}`)
      .join('\n'),
    `## ${say.settings}`,
    table(
      say.setting,
      Object.entries(properties).map(([name, schema]) => [
        `${code(name)} ${text(schema.title)}`,
        text(schema.help),
        schema.default === undefined ? say.byData : code(schema.default),
        values(schema, say),
      ]),
    ),
  ]
  const all = (settings) => Object.entries(settings).map(([name, value]) => `${code(name)}: ${code(value)}`)
  const training = [
    ...all(card.training),
    ...(card.trainingWhen ?? []).map(({ when, training }) => `${holding(when)}: ${all(training).join(', ')}`),
  ]
  if (training.length > 0) sections.push(`## ${say.training}`, training.map((line) => `- ${line}`).join('\n'))
  if (card.presets?.length > 0)
    sections.push(
      `## ${say.presets}`,
      card.presets.map(({ id, title, help }) => `- ${code(id)} **${text(title)}**: ${text(help)}`).join('\n'),
    )
  if (card.rules.length > 0)
    sections.push(
      `## ${say.rules}`,
      card.rules
        .map(
          ({ when, setting, allowed, reason }) =>
            `- ${holding(when)}: ${say.only(setting, allowed.map(code).join(', '))}. ${text(reason)}`,
        )
        .join('\n'),
    )
  const figures = modelTable(card.id, language)
  if (figures) sections.push(`## ${say.figures}`, figures)
  sections.push(`_${say.generated}_`)
  return sections.join('\n\n')
}

const check = process.argv.includes('--check')
mkdirSync(folder, { recursive: true })
const options = { ...(await prettier.resolveConfig(join(folder, 'page.md'))), parser: 'markdown' }
for (const card of recipes)
  for (const [language, name] of [
    ['en', `${card.id}.md`],
    ['zh-CN', `${card.id}.zh-CN.md`],
  ]) {
    const file = join(folder, name)
    const made = await prettier.format(page(card, language), options)
    if (!check) writeFileSync(file, made)
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== made) {
      console.error(`docs/recipes/${name} is not what the recipe says: npm run docs:recipes`)
      process.exitCode = 1
    }
  }
