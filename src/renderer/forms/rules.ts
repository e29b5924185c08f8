/** What may not be combined. A rule is data from the recipe: when every `when` holds, `setting` must be one of `allowed`. */
import type { Text } from './schema'

export interface Rule {
  when: Record<string, unknown[]>
  setting: string
  allowed: unknown[]
  reason: Text
}

function holds(rule: Rule, values: Record<string, unknown>): boolean {
  return Object.entries(rule.when).every(([key, wanted]) => wanted.includes(values[key]))
}

/** Why `choice` cannot be taken for `setting` with the other values as they are, or null when it can. */
export function forbidden(rules: Rule[], values: Record<string, unknown>, setting: string, choice: unknown): Text | null {
  const rule = rules.find((one) => one.setting === setting && holds(one, values) && !one.allowed.includes(choice))
  return rule?.reason ?? null
}

/** Values that no rule objects to, for a setting whose rules name some; undefined where no rule applies. */
export function allowedFor(rules: Rule[], values: Record<string, unknown>, setting: string): unknown[] | undefined {
  const applying = rules.filter((rule) => rule.setting === setting && holds(rule, values))
  if (!applying.length) return undefined
  return applying[0]!.allowed.filter((value) => applying.every((rule) => rule.allowed.includes(value)))
}
