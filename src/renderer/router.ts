import { createRouter, createWebHashHistory, START_LOCATION } from 'vue-router'
import { useProjects } from './stores/projects'

/** The rooms in the order of the work; `Mod+1` to `Mod+4` open them. */
export const ROOMS = ['data', 'train', 'explore', 'share'] as const
export type Room = (typeof ROOMS)[number]

/** Addresses stay behind the hash: the hosts serve one page and nothing else. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'welcome', component: () => import('./rooms/welcome/WelcomeRoom.vue') },
    { path: '/data', name: 'data', component: () => import('./rooms/data/DataRoom.vue') },
    { path: '/train', name: 'train', component: () => import('./rooms/train/TrainRoom.vue') },
    { path: '/explore', name: 'explore', component: () => import('./rooms/explore/ExploreRoom.vue') },
    { path: '/explore/odd', name: 'odd', component: () => import('./rooms/explore/OddRoom.vue') },
    { path: '/share', name: 'share', component: () => import('./rooms/share/ShareRoom.vue') },
    { path: '/:other(.*)*', redirect: '/' },
  ],
})

/** Rooms are rooms of a project: without one there is only the welcome, and a window that opens on one begins in it. */
router.beforeEach(async (to, from) => {
  const projects = useProjects()
  if (!projects.loaded) await projects.load()
  if (to.name !== 'welcome' && !projects.current) return { name: 'welcome' }
  if (to.name === 'welcome' && from === START_LOCATION && projects.current) return { name: 'data' }
  return true
})
