/** A setting's value as it is typed: numbers, truths and lists as JSON, everything else as text. */
export function parse(text: string, schema: { type?: unknown } = {}): unknown {
  if (schema.type === 'string') return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    // `64,128` is easier to type than `[64,128]`.
    return schema.type === 'array' ? text.split(',').map((part) => parse(part.trim())) : text
  }
}
