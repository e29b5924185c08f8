/** What a drawn face shows, as somebody would say it: in a sentence, and most of it but not all. */

export const LANGUAGES = ['en', 'zh'] as const
export type Language = (typeof LANGUAGES)[number]

/** Of what could be said of a face, the share that is. */
const SAID = 0.75

interface Wording {
  start: (smiles: boolean) => string[]
  tags: Record<string, string>
  hair: (long: boolean, colour: string | null) => string | null
  skin: Record<string, string>
  hairs: Record<string, string>
  sentence: (start: string, rest: string[]) => string
}

const english: Wording = {
  start: (smiles) =>
    smiles ? ['a smiling face', 'a face that smiles', 'somebody smiling'] : ['a face', 'a portrait', 'somebody'],
  tags: {
    glasses: 'glasses',
    hat: 'a hat',
    beard: 'a beard',
    freckles: 'freckles',
    'look-left': 'eyes that look left',
    'look-right': 'eyes that look right',
  },
  hair: (long, colour) => (long || colour ? [long ? 'long' : null, colour, 'hair'].filter(Boolean).join(' ') : null),
  skin: { light: 'light skin', tan: 'tan skin', brown: 'brown skin', dark: 'dark skin' },
  hairs: { black: 'black', brown: 'brown', blond: 'blond', red: 'red', grey: 'grey' },
  sentence(start, rest) {
    const last = rest.at(-1)
    const list = rest.length > 1 ? `${rest.slice(0, -1).join(', ')} and ${last}` : last
    const text = list ? `${start} with ${list}.` : `${start}.`
    return text[0]!.toUpperCase() + text.slice(1)
  },
}

const chinese: Wording = {
  start: (smiles) => (smiles ? ['一张微笑的脸', '一个在微笑的人'] : ['一张脸', '一个人的头像']),
  tags: {
    glasses: '戴着眼镜',
    hat: '戴着帽子',
    beard: '有胡子',
    freckles: '有雀斑',
    'look-left': '看着左边',
    'look-right': '看着右边',
  },
  hair: (long, colour) => (long || colour ? `${colour ?? ''}${long ? '长发' : '头发'}` : null),
  skin: { light: '浅色皮肤', tan: '黝黑皮肤', brown: '棕色皮肤', dark: '深色皮肤' },
  hairs: { black: '黑色的', brown: '棕色的', blond: '金色的', red: '红色的', grey: '灰色的' },
  sentence: (start, rest) => `${[start, ...rest].join('，')}。`,
}

const wordings: Record<Language, Wording> = { en: english, zh: chinese }

/** A sentence about a face with these tags. `next` gives numbers from 0 to 1, which decide what is said and in which order. */
export function sentenceOf(tags: readonly string[], language: Language, next: () => number): string {
  const { start, tags: names, hair, skin, hairs, sentence } = wordings[language]
  const said = tags.filter(() => next() < SAID)
  const one = (prefix: string) => said.find((tag) => tag.startsWith(prefix))?.slice(prefix.length)
  const begins = start(said.includes('smile'))
  const [hairColour, skinColour] = [one('hair-'), one('skin-')]
  const rest = [
    hair(said.includes('long-hair'), hairColour ? hairs[hairColour]! : null),
    ...said.map((tag) => names[tag] ?? null),
    skinColour ? skin[skinColour]! : null,
  ].filter((part) => part !== null)
  const ordered = rest.map((part) => ({ part, key: next() })).sort((a, b) => a.key - b.key)
  return sentence(
    begins[Math.floor(next() * begins.length)]!,
    ordered.map(({ part }) => part),
  )
}
