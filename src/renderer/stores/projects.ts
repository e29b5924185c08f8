/** The project that is open, and those that were. */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { StudioError } from '../../contract/errors'
import type { Project } from '../../contract/nouns'
import { studio } from '../studio'

export const useProjects = defineStore('projects', () => {
  const recent = shallowRef<Project[]>([])
  const current = shallowRef<Project | null>(null)
  /** Whether `current` and `recent` are known yet. */
  const loaded = ref(false)
  const error = shallowRef<StudioError | null>(null)

  async function load(): Promise<void> {
    try {
      const [now, before] = await Promise.all([studio.projects.current(), studio.projects.recent()])
      // The same project keeps its identity: rooms are made anew only for another one.
      if (now?.id !== current.value?.id) current.value = now
      recent.value = before
      error.value = null
    } catch (thrown) {
      error.value = thrown as StudioError
    }
    loaded.value = true
  }

  async function opened(project: Promise<Project>): Promise<Project> {
    current.value = await project
    void load()
    return current.value
  }

  return {
    recent,
    current,
    loaded,
    error,
    load,
    create: (name: string) => opened(studio.projects.create({ name })),
    open: (id: string) => opened(studio.projects.open({ id })),
    openGranted: (grant: string) => opened(studio.projects.open({ grant })),
    close: async () => {
      await studio.projects.close()
      current.value = null
      await load()
    },
  }
})
