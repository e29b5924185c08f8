/** What may not be combined. A rule is data from the recipe: when every `when` holds, `setting` must be one of `allowed`. */
import { holds } from '../../contract/rules'
import type { Text } from './schema'

export interface Rule {
  when: Record<string, unknown[]>
  setting: string
  allowed: unknown[]
  reason: Text
}

/** Why `choice` cannot be taken for `setting` with the other values as they are, or null when it can. */
export function forbidden(rules: Rule[], values: Record<string, unknown>, setting: string, choice: unknown): Text | null {
  const rule = rules.find((one) => one.setting === setting && holds(one.when, values) && !one.allowed.includes(choice))
  return rule?.reason ?? null
}

/** Why a setting must stay as it is: the rules leave it no other value; null where it can be changed. */
export function fixed(rules: Rule[], values: Record<string, unknown>, setting: string): Text | null {
  const applying = rules.filter((rule) => rule.setting === setting && holds(rule.when, values))
  const left = applying[0]?.allowed.filter((value) => applying.every((rule) => rule.allowed.includes(value))) ?? []
  return left.length === 1 && left[0] === values[setting] ? applying[0]!.reason : null
}
