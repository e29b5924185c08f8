/** Any failure as two sentences in the person's language: what happened, and what to do next. */
import { useI18n } from 'vue-i18n'
import { asStudioError, errors as contractErrors, fill, StudioError } from '../../contract/errors'
import type { ErrorCode, ErrorDetails } from '../../contract/errors'
import { sentences, type Language } from './texts'

export interface Said {
  code: ErrorCode
  message: string
  hint: string
}

/** A job's or run's `error`, or a file in quarantine: a code and its English sentence. */
interface Told {
  code: string
  message?: string
  reason?: string
}

/**
 * The details of a sentence, read back from it. Stored errors carry their English sentence only; each was made from the closed
 * list by `fill`, so its template says where the details are.
 */
export function detailsOf(code: ErrorCode, sentence: string): ErrorDetails {
  const names: string[] = []
  const pattern = contractErrors[code][0].split(/\{(\w+)\}/).map((part, index) => {
    if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    names.push(part)
    return '([\\s\\S]*)'
  })
  const found = new RegExp(`^${pattern.join('')}$`).exec(sentence)
  return found ? Object.fromEntries(names.map((name, index) => [name, found[index + 1]!])) : {}
}

function known(error: unknown): { code: ErrorCode; details: ErrorDetails } {
  const told = error as Told | null
  if (error instanceof StudioError || typeof told?.code !== 'string' || !(told.code in contractErrors))
    return asStudioError(error)
  const code = told.code as ErrorCode
  return { code, details: detailsOf(code, told.message ?? told.reason ?? '') }
}

export function explain(error: unknown, language: Language): Said {
  const { code, details } = known(error)
  const [message, hint] = sentences[language][code]
  return { code, message: fill(message, details), hint: fill(hint, details) }
}

/** `explain` in the language of the page; it changes with it. */
export function useExplain(): (error: unknown) => Said {
  const { locale } = useI18n()
  return (error) => explain(error, locale.value as Language)
}
