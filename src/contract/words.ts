/** Descriptions in words: what a person types, and what pictures are described by when their tags are read as words. */

/** The words of a text, in small letters; each Han character is one. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}])+/gu) ?? []
  )
}

/** All words of these tags, each once, and for each tag how often it has each of them. */
export function describedBy(tags: readonly string[]): { words: string[]; rows: number[][] } {
  const each = tags.map(wordsOf)
  const words = [...new Set(each.flat())].sort()
  return { words, rows: each.map((own) => words.map((word) => own.filter((one) => one === word).length)) }
}
