/** Whether every setting that is named is one of what is named for it. */
export function holds(when: Record<string, unknown[]>, settings: Record<string, unknown>): boolean {
  return Object.entries(when).every(([name, values]) => values.includes(settings[name]))
}
