import { shallowRef } from 'vue'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'good' | 'bad'
  action: { label: string; run: () => void } | null
}

const shown = shallowRef<Toast[]>([])
let last = 0

/** What is shown now, newest last. */
export const toasts = shown

/** Says something for a moment. Longer when there is something to do about it: nobody should have to be quick. */
export function toast(
  text: string,
  options: { tone?: Toast['tone']; action?: Toast['action']; seconds?: number } = {},
): () => void {
  const { tone = 'plain', action = null, seconds = action ? 10 : 5 } = options
  const id = ++last
  shown.value = [...shown.value.slice(-3), { id, text, tone, action }]
  const dismiss = () => dismissToast(id)
  setTimeout(dismiss, seconds * 1000)
  return dismiss
}

export function dismissToast(id: number): void {
  shown.value = shown.value.filter((other) => other.id !== id)
}
