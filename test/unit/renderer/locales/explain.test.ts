// @vitest-environment happy-dom
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errors, StudioError, type ErrorCode } from '../../../../src/contract/errors'
import { detailsOf, explain } from '../../../../src/renderer/locales/explain'

const codes = Object.keys(errors) as ErrorCode[]
const namesOf = (code: ErrorCode) => [...errors[code][0].matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)

describe('detailsOf', () => {
  it.each(codes)('reads the details of %s back from its sentence', (code) => {
    const word = fc.stringMatching(/^[A-Za-z0-9_/-]{1,20}$/)
    fc.assert(
      fc.property(fc.array(word, { minLength: 4, maxLength: 4 }), (words) => {
        const details = Object.fromEntries(namesOf(code).map((name, index) => [name, words[index]!]))
        expect(detailsOf(code, new StudioError(code, details).message)).toEqual(details)
      }),
      { numRuns: 20 },
    )
  })

  it('survives names with every odd letter', () => {
    const file = '猫 (1) [a.*b] $& “x”.png'
    expect(detailsOf('file-truncated', new StudioError('file-truncated', { file }).message)).toEqual({ file })
  })

  it('gives nothing for a sentence that is not of the list', () => {
    expect(detailsOf('file-truncated', 'something else')).toEqual({})
  })
})

describe('explain', () => {
  it('says a thrown error in the language of the page', () => {
    const error = new StudioError('file-empty', { file: 'a.png' })
    expect(explain(error, 'en')).toEqual({
      code: 'file-empty',
      message: 'a.png is empty.',
      hint: 'Copy it again from where it came from.',
    })
    expect(explain(error, 'zh-CN').message).toBe('a.png 是空文件。')
  })

  it('says a stored error, of which only the English sentence was kept', () => {
    const { code, message, hint } = new StudioError('loss-not-finite', { step: 1200 })
    expect(explain({ code, message, hint }, 'zh-CN').message).toBe('训练在第 1200 步变得不稳定，已停止。')
  })

  it('says a quarantined file', () => {
    const entry = { file: 'b.svg', code: 'file-svg', reason: new StudioError('file-svg', { file: 'b.svg' }).message }
    expect(explain(entry, 'zh-CN').message).toContain('b.svg')
  })

  it('never shows the words of a bug', () => {
    expect(explain(new TypeError('x is not a function'), 'en').code).toBe('unexpected')
    expect(explain(null, 'en').code).toBe('unexpected')
    expect(explain({ code: 'EWHATEVER' }, 'en').code).toBe('unexpected')
  })
})
