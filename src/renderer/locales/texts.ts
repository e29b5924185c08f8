/** The texts: one file an area a language; both languages hold the same keys (tested). */
import type { ErrorCode } from '../../contract/errors'
import enData from './en/data'
import enErrors from './en/errors'
import enExplore from './en/explore'
import enQuality from './en/quality'
import enShare from './en/share'
import enShell from './en/shell'
import enTrain from './en/train'
import enUi from './en/ui'
import zhData from './zh-CN/data'
import zhErrors from './zh-CN/errors'
import zhExplore from './zh-CN/explore'
import zhQuality from './zh-CN/quality'
import zhShare from './zh-CN/share'
import zhShell from './zh-CN/shell'
import zhTrain from './zh-CN/train'
import zhUi from './zh-CN/ui'

export type Language = 'en' | 'zh-CN'

export const messages = {
  en: { shell: enShell, data: enData, train: enTrain, explore: enExplore, quality: enQuality, share: enShare, ui: enUi },
  'zh-CN': { shell: zhShell, data: zhData, train: zhTrain, explore: zhExplore, quality: zhQuality, share: zhShare, ui: zhUi },
}

/** The sentences of every error. Not among the messages: their details are filled by `contract/errors.ts`, as everywhere else. */
export const sentences: Record<Language, Record<ErrorCode, readonly [message: string, hint: string]>> = {
  en: enErrors,
  'zh-CN': zhErrors,
}
