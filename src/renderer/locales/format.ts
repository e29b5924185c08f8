/** Numbers, times and sizes as the person's language writes them. */
import { useI18n } from 'vue-i18n'

export interface Format {
  /** 12,345 */
  number(value: number, digits?: number): string
  /** 0.62 → 62 % */
  percent(share: number, digits?: number): string
  /** Bytes: 8.4 MB */
  bytes(value: number): string
  /** Seconds: 40 s, 11 min, 2 h 05 min */
  duration(seconds: number): string
  /** Seconds: 11 min left */
  left(seconds: number): string
  /** A time in milliseconds as words: today, yesterday, 3 Nov. */
  day(time: number): string
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

export function useFormat(): Format {
  const { t, locale } = useI18n()

  function duration(seconds: number): string {
    if (seconds < 1) return t('ui.time.now')
    // Rough where the whole is long: a countdown that jumps by seconds for half an hour only makes people watch it.
    if (seconds < 10) return t('ui.time.seconds', { n: Math.ceil(seconds) })
    if (seconds < 90) return t('ui.time.seconds', { n: Math.ceil(seconds / 5) * 5 })
    if (seconds < 3570) return t('ui.time.minutes', { n: Math.round(seconds / 60) })
    const minutes = Math.round(seconds / 60)
    return t('ui.time.hours', { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, '0') })
  }

  return {
    number: (value, digits = 0) => value.toLocaleString(locale.value, { maximumFractionDigits: digits }),
    percent: (share, digits = share > 0 && share < 0.01 ? 1 : 0) =>
      share.toLocaleString(locale.value, { style: 'percent', maximumFractionDigits: digits }),
    bytes(value) {
      const power = Math.min(UNITS.length - 1, value < 1000 ? 0 : Math.floor(Math.log10(value) / 3))
      const shown = value / 1000 ** power
      return `${shown.toLocaleString(locale.value, { maximumFractionDigits: power > 0 && shown < 100 ? 1 : 0 })} ${UNITS[power]}`
    },
    duration,
    left: (seconds) => t('ui.time.left', { time: duration(seconds) }),
    day(time) {
      const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / 86_400_000)
      if (days < 7) return new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }).format(-days, 'day')
      return new Date(time).toLocaleDateString(locale.value, {
        day: 'numeric',
        month: 'short',
        year: days > 300 ? 'numeric' : undefined,
      })
    },
  }
}
