// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { i18n } from '../../../../src/renderer/locales'
import { useFormat, type Format } from '../../../../src/renderer/locales/format'

let format: Format
beforeEach(() => {
  i18n.global.locale.value = 'en'
  mount({ setup: () => ((format = useFormat()), () => null) }, { global: { plugins: [i18n] } })
})

describe('useFormat', () => {
  it('writes times as roughly as they are known', () => {
    expect([0.4, 4, 41, 89, 95, 660, 3599, 7500].map((seconds) => format.duration(seconds))).toEqual([
      'a moment',
      '4 s',
      '45 s',
      '90 s',
      '2 min',
      '11 min',
      '1 h 00 min',
      '2 h 05 min',
    ])
    expect(format.left(660)).toBe('11 min left')
  })

  it('writes sizes in the units of the disk', () => {
    expect([0, 999, 5120, 8.4e6, 259e6, 1.5e12].map((bytes) => format.bytes(bytes))).toEqual([
      '0 B',
      '999 B',
      '5.1 kB',
      '8.4 MB',
      '259 MB',
      '1.5 TB',
    ])
  })

  it('never rounds a small share to nothing', () => {
    expect([0, 0.004, 0.5, 1].map((share) => format.percent(share))).toEqual(['0%', '0.4%', '50%', '100%'])
  })

  it('follows the language', () => {
    i18n.global.locale.value = 'zh-CN'
    expect(format.left(660)).toBe('还剩 11 分钟')
    expect(format.day(Date.now())).toBe('今天')
  })
})
