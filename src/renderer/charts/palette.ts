/** The page's colour tokens for what is drawn on canvases, where style sheets do not reach. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'

const NAMES = ['real', 'made', 'critic', 'text', 'dim', 'faint', 'line', 'panel', 'accent', 'bg', 'ink'] as const
export type Palette = Record<(typeof NAMES)[number], string>

function read(): Palette {
  const style = getComputedStyle(document.documentElement)
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette
}

/** The tokens as they are now; changes with the theme. */
export function usePalette(): ShallowRef<Palette> {
  const palette = shallowRef(read())
  const observer = new MutationObserver(() => (palette.value = read()))
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] })
  onScopeDispose(() => observer.disconnect())
  return palette
}

/** `#rrggbb` (or `#rgb`) as numbers from 0 to 1; black where the token is written in another way. */
export function rgbOf(hex: string): [number, number, number] {
  const long = /^#[0-9a-f]{3}$/i.test(hex) ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex
  const value = /^#[0-9a-f]{6}$/i.test(long) ? parseInt(long.slice(1), 16) : 0
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255]
}

/** The colour with an opacity, for lines behind lines. */
export function withAlpha(hex: string, alpha: number): string {
  const [red, green, blue] = rgbOf(hex).map((part) => Math.round(part * 255))
  return `rgb(${red} ${green} ${blue} / ${alpha})`
}
