/** Texts and sequences of symbols: how they are imported, cut into tokens, and frozen. */
import { z } from 'zod'

/** What a `.txt` file's items are. */
export const TextSplit = z.enum(['line', 'paragraph', 'file'])
export type TextSplit = z.infer<typeof TextSplit>

/** What a person said about texts to be imported; the rest is found out. */
export const TextImport = z.strictObject({
  split: TextSplit.optional(),
  /** The column of a table that holds the text. */
  column: z.string().min(1).max(500).optional(),
  /** A label of the Encoding Standard: `gb18030`, `windows-1251`. */
  encoding: z.string().min(1).max(40).optional(),
})
export type TextImport = z.infer<typeof TextImport>

/** How a file of texts was read. */
export const TextRead = z.strictObject({
  file: z.string(),
  encoding: z.string(),
  /** Nothing in the file proves the encoding. */
  guessed: z.boolean(),
  /** `row`: a table. */
  split: z.enum([...TextSplit.options, 'row']),
  /** Of a table: the column that was taken, and all there are. */
  column: z.string().nullable(),
  columns: z.array(z.string()),
})
export type TextRead = z.infer<typeof TextRead>

/**
 * What a text is cut into: its characters, words and signs, frequent parts of words (byte-pair encoding, Sennrich et al. 2016), or what
 * stands between spaces.
 */
export const TokenKind = z.enum(['characters', 'words', 'pairs', 'symbols'])
export type TokenKind = z.infer<typeof TokenKind>

/** Ids that are no part of a text, in every tokeniser: the first four. */
export const SPECIAL = { padding: 0, start: 1, end: 2, unknown: 3 } as const
export const SPECIALS = 4
/** Tokens are stored in two bytes. */
export const MOST_TOKENS = 65_536

/** How texts are turned into rows of tokens. */
export const TextPreparation = z.strictObject({
  tokens: TokenKind,
  /** Tokens at most, the special ones among them; the most frequent are kept. */
  vocabulary: z.int().min(8).max(MOST_TOKENS),
  /** Tokens in a row, the end among them. */
  length: z.int().min(2).max(4096),
  /** A text that is longer: cut off, cut into several rows, or left out. */
  long: z.enum(['cut', 'pieces', 'leave']).default('cut'),
  /** Whether a text's end is a token; not for texts that all have the same length. */
  ends: z.boolean().default(true),
  lowercase: z.boolean().default(false),
  /** Share kept out of training to measure with: of the texts, or of each text where there are only a few. */
  testShare: z.number().min(0).max(0.5).default(0.1),
  seed: z.int().min(0).default(0),
})
export type TextPreparation = z.infer<typeof TextPreparation>

/** What a preparation makes of the texts: measured, not guessed. */
export const TextCoverage = z.strictObject({
  /** Texts looked at. */
  texts: z.int(),
  /** Rows they become. */
  rows: z.int(),
  /** Tokens that the tokeniser has, the special ones among them. */
  vocabulary: z.int(),
  /** Tokens of all texts, known or not. */
  tokens: z.int(),
  /** Share of the tokens that are in the vocabulary, 0 … 1. */
  known: z.number(),
  /** Share of the texts that fit into one row as a whole. */
  whole: z.number(),
  /** Share of the tokens that are in the rows: what is cut off or left out is lost. */
  kept: z.number(),
})
export type TextCoverage = z.infer<typeof TextCoverage>

/** How texts are drawn from what a model says of the next token. */
export const Boldness = z.strictObject({
  /** Below 1 the likely becomes likelier. */
  temperature: z.number().gt(0).max(100).optional(),
  /** Only so many of the likeliest tokens; 0 for all. */
  topK: z.int().min(0).max(MOST_TOKENS).optional(),
  /** Only the likeliest tokens that hold this share of all chances together. */
  nucleus: z.number().gt(0).max(1).optional(),
})
export type Boldness = z.infer<typeof Boldness>

/** One set of texts. BLEU (0 … 1) counts tokens and grows with the number of references: it compares only at the same ones. */
const TextScores = z.strictObject({
  /** Against the references, by the longest n-gram that counts, as is `selfBleu`: each against all others of its own set. */
  bleu: z.record(z.string(), z.number()),
  selfBleu: z.record(z.string(), z.number()),
  /** Different n-grams as a share of all, by n. */
  distinct: z.record(z.string(), z.number()),
})
export type TextScores = z.infer<typeof TextScores>

/** How good a model's texts are, beside what real ones reach. */
export const TextQuality = z.strictObject({
  formatVersion: z.literal(1),
  settings: z.strictObject({
    /** Texts in each set. */
    count: z.int(),
    /** Held-out rows that both are compared with; training rows where nothing was held out. */
    references: z.int(),
    kind: z.enum(['held-out', 'training']),
    seed: z.int(),
    boldness: Boldness,
  }),
  made: TextScores,
  /** Training rows that are not among the references. */
  real: TextScores,
})
export type TextQuality = z.infer<typeof TextQuality>

/** A tokeniser as data; `src/data/tokens/` gives it its functions. */
export const TokeniserData = z.strictObject({
  formatVersion: z.literal(1),
  kind: TokenKind,
  lowercase: z.boolean(),
  /** The text of each id. The first four have none. */
  tokens: z.array(z.string()).min(SPECIALS).max(MOST_TOKENS),
  /** Of `pairs`: in order of learning, the ids that become one. */
  merges: z.array(z.tuple([z.int(), z.int()])),
})
export type TokeniserData = z.infer<typeof TokeniserData>

/**
 * `pack.json` of a frozen version of texts; the first `train` rows are for training. Beside it:
 * `data.bin`: u16le [items, length], token ids, padding at the end. `lengths.bin`: u16le [items], tokens of each row without padding, the
 * end among them. `tags.bin`: u8 [items, tags.length], 0 or 1. `tokeniser.json`: `TokeniserData`.
 */
export const TextPack = z.strictObject({
  formatVersion: z.literal(1),
  kind: z.literal('texts'),
  /** Rows. */
  items: z.int(),
  train: z.int(),
  length: z.int(),
  vocabulary: z.int(),
  /** Whether a text's end is a token of its row. */
  ends: z.boolean(),
  coverage: TextCoverage,
  /** Id of each row's item: several rows may be of one. */
  ids: z.array(z.string()),
  tags: z.array(z.string()),
  sha256: z.strictObject({ data: z.string(), lengths: z.string(), tags: z.string(), tokeniser: z.string() }),
})
export type TextPack = z.infer<typeof TextPack>
