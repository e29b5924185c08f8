import type { Component } from 'vue'

/** One line of a `Menu`: something to choose, a small heading, or a separator. */
export type MenuEntry =
  | {
      id: string
      label: string
      /** A second, quiet line. */
      hint?: string
      icon?: Component
      /** Shown only, e.g. `Mod+N`. */
      shortcut?: string
      checked?: boolean
      danger?: boolean
      disabled?: boolean
    }
  | { heading: string }
  | { separator: true }
