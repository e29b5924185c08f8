/** Who opened an export again, in the person's language: main says it in English, in one of these forms. */
const FORMS = [
  { key: 'both', pattern: /^(.+), (\d+) latents and pictures$/ },
  { key: 'latents', pattern: /^(.+), (\d+) latents$/ },
  { key: 'pixels', pattern: /^(.+), all pixels of (\d+) pictures$/ },
  { key: 'tensors', pattern: /^(.+), all (\d+) tensors$/ },
] as const

export interface CheckedBy {
  /** Key of the sentence below `share.checks`. */
  key: (typeof FORMS)[number]['key']
  program: string
  count: number
}

/** Null for a form that is not known: then it is shown as it came. */
export function readCheckedBy(text: string): CheckedBy | null {
  for (const { key, pattern } of FORMS) {
    const found = pattern.exec(text)
    if (found) return { key, program: found[1]!, count: Number(found[2]) }
  }
  return null
}
