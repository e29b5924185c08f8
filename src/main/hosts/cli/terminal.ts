/** What a person sees while a command works: on stderr, a bar on a terminal, a line every few seconds otherwise. */

const LINE_MS = 3000
const BAR_MS = 100
const BAR = 24

export interface Progress {
  /** `total` 0: not known. */
  show(label: string, done: number, total: number, more?: string): void
  note(line: string): void
  end(): void
}

/** 75 → `1:15`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3))
  return `${(count / 1000 ** power).toFixed(power > 1 ? 1 : 0)} ${units[power]}`
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const live = stream.isTTY === true
  let shownAt = -Infinity
  let drawn = false
  return {
    show(label, done, total, more = '') {
      const now = performance.now()
      if (now - shownAt < (live ? BAR_MS : LINE_MS)) return
      shownAt = now
      const share = total > 0 ? Math.min(1, done / total) : null
      const percent = share === null ? '' : ` ${Math.floor(share * 100)} %`
      if (!live) return void stream.write(`${label}${percent} ${more}`.trimEnd() + '\n')
      const filled = Math.round((share ?? 0) * BAR)
      const bar = share === null ? '' : ` ${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`
      drawn = true
      stream.write(`\r\x1b[2K${`${label}${bar}${percent}  ${more}`.slice(0, (stream.columns || 80) - 1)}`)
    },
    note(line) {
      if (drawn) stream.write('\r\x1b[2K')
      drawn = false
      stream.write(`${line}\n`)
    },
    end() {
      if (drawn) stream.write('\r\x1b[2K')
      drawn = false
      shownAt = -Infinity
    },
  }
}
