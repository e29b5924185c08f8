/** The language model's words, in plain language: what a person sees. */
import { settingTexts } from '../define'

export const title = { en: 'Language model', 'zh-CN': '语言模型' }

export const summary = {
  en: 'Learns which character or word comes next, again and again. Then it writes new texts of the same kind, and says how likely any text is.',
  'zh-CN': '反复学习下一个字或词是什么。之后它能写出同类的新文本，并说出任意文本有多可能。',
}

export const fit = { en: 'Learning the language', 'zh-CN': '学习语言' }

export const about = {
  for: {
    en: 'Whoever wants more texts like theirs: names, lines, poems, sentences, melodies as symbols. It learns in minutes, hardly ever fails, and its likelihoods are exact, so it is what every other model of texts is compared with.',
    'zh-CN':
      '适合想要更多同类文本的人：名字、诗行、诗歌、句子、用符号写成的旋律。几分钟就能学会，很少失败，似然是精确的，因此其他文本模型都与它比较。',
  },
  articles: {
    en: 'An article lists autoregressive models among the implicit ones. Their likelihood is explicit and exact: the product of what they say of each token. Here it is given in nats a token, over real tokens alone; padding counts for nothing.',
    'zh-CN':
      '有篇文章把自回归模型列为隐式模型。它们的似然其实是显式且精确的：等于对每个词元所给概率的乘积。这里以每个词元的奈特给出，只计真实的词元，填充不计。',
  },
}

export const settings = settingTexts({
  embedding: {
    title: { en: 'Numbers a token', 'zh-CN': '每个词元的数' },
    help: {
      en: 'How many numbers stand for a character or word. Characters need few; many different words need more.',
      'zh-CN': '用多少个数表示一个字或词。字符需要的少，词语多时需要更多。',
    },
    level: 'expert',
  },
  hidden: {
    title: { en: 'Memory', 'zh-CN': '记忆' },
    help: {
      en: 'How many numbers the model remembers of the text so far. More learns finer rules and takes longer.',
      'zh-CN': '模型对已读文本记住多少个数。越多学到的规律越细，也越慢。',
    },
    level: 'basic',
  },
  layers: {
    title: { en: 'Layers', 'zh-CN': '层数' },
    help: {
      en: 'Memories on top of each other. A second one helps with long texts, and takes twice as long.',
      'zh-CN': '叠在一起的记忆层。第二层有助于长文本，但耗时加倍。',
    },
    level: 'expert',
  },
  dropout: {
    title: { en: 'Forgetting on purpose (dropout)', 'zh-CN': '有意遗忘（dropout）' },
    help: {
      en: 'Share of each memory that is hidden from what comes after it, another one for every text (Gal & Ghahramani 2016). It keeps a model from learning a small collection by heart.',
      'zh-CN': '每层记忆中对后续隐藏的比例，每个文本各不相同（Gal 与 Ghahramani，2016）。可避免模型把小数据集背下来。',
    },
    level: 'expert',
  },
})

export const parts = {
  nll: {
    title: { en: 'Surprise', 'zh-CN': '意外程度' },
    help: {
      en: 'How surprised the model is by each next token, in nats (negative log-likelihood). Guessing among k tokens would be ln k.',
      'zh-CN': '模型对每个下一词元的意外程度，单位为奈特（负对数似然）。在 k 个词元中乱猜为 ln k。',
    },
    colour: 'real',
  },
} as const
