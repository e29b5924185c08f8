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

/** What descriptions are made of: the words of captions and, behind them, those that only tags have; and each tag in these. */
export function vocabularyOf(data: { tags: readonly string[]; words?: readonly string[] | undefined }): {
  words: string[]
  /** For each tag how often it has each of the words. */
  tagRows: number[][]
} {
  const captions = new Set(data.words)
  const each = data.tags.map(wordsOf)
  const others = new Set(each.flat().filter((word) => !captions.has(word)))
  const words = [...captions, ...[...others].sort()]
  return { words, tagRows: each.map((own) => words.map((word) => own.filter((one) => one === word).length)) }
}
