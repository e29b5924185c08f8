/** `tags.csv`: one line a file, its path beside the list and then its tags: `face-0001.png,smile,glasses`. */
import { limits } from '../limits'
import { cleanTag } from './entry'

/** Fields of one CSV line: quotes around a field, doubled inside it. */
function fields(line: string): string[] {
  const found: string[] = []
  let field = ''
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const mark = line[at]
    if (quoted) {
      if (mark !== '"') field += mark
      else if (line[at + 1] === '"') field += line[++at]
      else quoted = false
    } else if (mark === '"') quoted = true
    else if (mark === ',') {
      found.push(field)
      field = ''
    } else field += mark
  }
  return [...found, field]
}

/** Tags by path. Lines that make no sense are left out: a list can only add words to pictures that are there. */
export function readTagList(bytes: Buffer): Map<string, string[]> {
  const lists = new Map<string, string[]>()
  if (bytes.length > limits.tagList) return lists
  for (const line of bytes
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)) {
    const [file, ...tags] = fields(line)
    if (!file || tags.length === 0) continue
    const clean = tags.map(cleanTag).filter((tag) => tag !== null)
    lists.set(file.normalize('NFC'), clean.slice(0, limits.tagsOnItem))
  }
  return lists
}

const quote = (field: string) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)

export function writeTagList(lists: Iterable<{ file: string; tags: string[] }>): string {
  let text = ''
  for (const { file, tags } of lists) text += `${[file, ...tags].map(quote).join(',')}\n`
  return text
}
