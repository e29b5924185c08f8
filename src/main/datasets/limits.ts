/** Caps on what a hostile or careless file may cost. Sizes in bytes. */
const KB = 1024
const MB = 1024 * KB
const GB = 1024 * MB

export const limits = {
  /** One encoded picture: read whole into memory. */
  picture: 256 * MB,
  /** One archive or IDX file, as stored. */
  archive: 8 * GB,
  pixels: 50_000_000,
  side: 16_384,
  /** A decoder that takes longer than this on one picture is stopped. */
  decodeSeconds: 10,
  /** Pixels being decoded at the same time: four bytes each, several copies. */
  pixelsAtOnce: 64_000_000,

  zipEntries: 200_000,
  /** What all entries of an archive say they unpack to. */
  zipTotal: 20 * GB,
  /** An entry larger than `zipEntry` and more than `zipRatio` times its stored size is a bomb (Keras's figures). */
  zipEntry: 256 * MB,
  zipRatio: 100,

  folderDepth: 32,
  nameLength: 255,
  /** One IDX file, unpacked. */
  idx: 4 * GB,
  tagList: 64 * MB,
  /** One file of text, unpacked. */
  text: 1 * GB,
  /** One line of it, as stored; held in memory. */
  line: 16 * MB,
  /** Characters of one text. */
  textItem: 16_000_000,
  /** Of its beginning, which lists show and searches find. */
  textShown: 1000,
  /** Characters of one row of a table: what an opened and never closed quotation mark may swallow. */
  row: 1_000_000,
  /** Lines of one file that are named when they cannot be used; of the rest only the count is. */
  linesNamed: 1000,
  captionLength: 2000,
  tagLength: 80,
  tagsOnItem: 64,
} as const

/** A size for people: `256 MB`. */
export function sizeText(bytes: number): string {
  return bytes >= GB ? `${Math.round(bytes / GB)} GB` : `${Math.round(bytes / MB)} MB`
}
