/** Theme and language. main keeps them; a copy beside the page lets the first frame already have the right ones. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import type { Preferences } from '../../contract/app'
import { i18n, languageOf, type Language } from '../locales'
import { studio } from '../studio'

type Theme = Preferences['theme']
const KEPT = 'latent.preferences'

function kept(): Preferences {
  try {
    return { locale: null, theme: 'system', ...(JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Preferences>) }
  } catch {
    return { locale: null, theme: 'system' }
  }
}

export const usePreferences = defineStore('preferences', () => {
  const initial = kept()
  const locale = ref<Language | null>(initial.locale)
  const theme = ref<Theme>(initial.theme)
  const system = matchMedia('(prefers-color-scheme: light)')
  const systemLight = ref(system.matches)
  system.addEventListener('change', (event) => (systemLight.value = event.matches))

  const language = computed<Language>(() => locale.value ?? languageOf(navigator.languages))
  const shownTheme = computed<'dark' | 'light'>(() =>
    theme.value === 'system' ? (systemLight.value ? 'light' : 'dark') : theme.value,
  )

  watch(
    language,
    (now) => {
      i18n.global.locale.value = now
      document.documentElement.lang = now
    },
    { immediate: true },
  )
  watch(
    shownTheme,
    (now) => {
      const { dataset } = document.documentElement
      // The whole room changes at once: each button fading at its own pace looks broken.
      dataset.still = ''
      dataset.theme = now
      requestAnimationFrame(() => requestAnimationFrame(() => delete dataset.still))
    },
    { immediate: true },
  )

  function take(now: Preferences): void {
    locale.value = now.locale
    theme.value = now.theme
    localStorage.setItem(KEPT, JSON.stringify(now))
  }

  /** Shown at once; main is told and has the last word. */
  async function set(change: Partial<Preferences>): Promise<void> {
    take({ locale: locale.value, theme: theme.value, ...change })
    take(await studio.app.setPreferences(change))
  }

  return {
    locale,
    theme,
    language,
    shownTheme,
    set,
    load: async () => take(await studio.app.preferences()),
  }
})
