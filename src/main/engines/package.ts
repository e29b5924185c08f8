/** What an engine is made of when it is fetched. */

export interface Wheel {
  /** Of the wheel's index, as pip knows it. */
  package: string
  version: string
  platforms: readonly string[]
  bytes: number
  /** Of the whole file, hex. The files inside are checked against the wheel's own list (`RECORD`). */
  sha256: string
  /** Path in the wheel → path in the engine's folder. */
  files: Readonly<Record<string, string>>
  /** What these files take once unpacked. */
  unpackedBytes: number
}

/** An engine as it is fetched: all of its wheels make one folder. */
export interface Package {
  id: string
  version: string
  wheels: readonly Wheel[]
}
