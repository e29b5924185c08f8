/** What this studio is and runs on. */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { z } from 'zod'
import type { Machine } from '../../contract/app'
import type { StudioError } from '../../contract/errors'
import { studio } from '../studio'

export const useApp = defineStore('app', () => {
  const version = ref('')
  const host = ref<'electron' | 'web' | 'cli'>('web')
  const machine = shallowRef<z.infer<typeof Machine> | null>(null)
  const error = shallowRef<StudioError | null>(null)

  async function load(): Promise<void> {
    try {
      const info = await studio.app.info()
      version.value = info.version
      host.value = info.host
      machine.value = info.machine
      error.value = null
    } catch (thrown) {
      error.value = thrown as StudioError
    }
  }

  return { version, host, machine, error, load }
})
