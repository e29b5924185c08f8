// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { errors, type ErrorCode } from '../../../../src/contract/errors'
import { messages, sentences } from '../../../../src/renderer/locales/texts'

/** Every text by its whole key. */
function flat(tree: object, place = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const path = place ? `${place}.${key}` : key
    if (typeof value === 'string') found.set(path, value)
    else for (const entry of flat(value as object, path)) found.set(...entry)
  }
  return found
}
const blanks = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort()

const en = flat(messages.en)
const zh = flat(messages['zh-CN'])

describe('the texts', () => {
  it('hold the same keys in both languages', () => {
    expect([...zh.keys()].sort()).toEqual([...en.keys()].sort())
  })

  it('leave nothing empty and nothing in the other language', () => {
    for (const [key, text] of en) expect(text, key).not.toMatch(/^\s*$|[\u4e00-\u9fff]/)
    for (const [key, text] of zh) expect(text, key).not.toMatch(/^\s*$/)
  })

  it('have the same blanks to fill in', () => {
    // A Chinese sentence may need fewer: it has no plural of its own. It must not ask for one that is never given.
    for (const [key, text] of zh) expect(blanks(en.get(key)!), key).toEqual(expect.arrayContaining(blanks(text)))
    for (const [key, text] of en)
      for (const name of blanks(text)) if (name !== 'n') expect(blanks(zh.get(key)!), key).toContain(name)
  })

  it('can all be compiled', () => {
    const { global } = createI18n({ legacy: false, locale: 'en', messages, missingWarn: false, fallbackWarn: false })
    for (const language of ['en', 'zh-CN'] as const) {
      global.locale.value = language
      for (const [key, text] of language === 'en' ? en : zh) {
        const filled = (global.t as (key: string, named: object, plural: number) => string)(
          key,
          Object.fromEntries(blanks(text).map((name) => [name, '7'])),
          7,
        )
        expect(filled, key).not.toMatch(/[{}|]/)
      }
    }
  })
})

describe('the sentences of errors', () => {
  const codes = Object.keys(errors) as ErrorCode[]

  it('exist for every code, and for no other', () => {
    expect(Object.keys(sentences.en).sort()).toEqual([...codes].sort())
    expect(Object.keys(sentences['zh-CN']).sort()).toEqual([...codes].sort())
  })

  it.each(codes)('%s tells the same details', (code) => {
    for (const language of ['en', 'zh-CN'] as const) {
      expect(blanks(sentences[language][code][0])).toEqual(blanks(errors[code][0]))
      expect(blanks(errors[code].join(' '))).toEqual(expect.arrayContaining(blanks(sentences[language][code][1])))
    }
  })

  it('never send a person in a window to the command line', () => {
    for (const language of ['en', 'zh-CN'] as const)
      for (const code of codes) expect(sentences[language][code].join(' '), code).not.toContain('`')
  })
})
