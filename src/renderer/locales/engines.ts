/** An engine in words, in the language of the page. */
import { useI18n } from 'vue-i18n'
import type { EngineState } from '../../contract/engines'
import { useFormat } from './format'

export function useEngineWords() {
  const { t, te } = useI18n()
  const format = useFormat()
  return {
    /** By what it means to a person, or by the name it is known by. */
    titleOf: ({ id, title }: EngineState) => (te(`shell.engine.titles.${id}`) ? t(`shell.engine.titles.${id}`) : title),
    /** Why it is ready or not. */
    reasonOf: ({ reason, details, downloadBytes }: EngineState) =>
      t(`shell.engine.reasons.${reason}`, { ...details, size: format.bytes(downloadBytes) }),
  }
}
