/** The texts at work: the page's language, and changing it. */
import { createI18n } from 'vue-i18n'
import { messages, type Language } from './texts'

export type { Language }

/** The language of a person who has not chosen one. */
export function languageOf(systemLanguages: readonly string[]): Language {
  return systemLanguages[0]?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

export const i18n = createI18n({
  legacy: false,
  locale: languageOf(navigator.languages),
  fallbackLocale: 'en',
  messages,
  missingWarn: false,
  fallbackWarn: false,
})
