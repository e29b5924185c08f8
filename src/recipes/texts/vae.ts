/** The VAE's words, in plain language: what a person sees. */
import { settingTexts } from '../define'

export const title = { en: 'Variational autoencoder', 'zh-CN': '变分自编码器' }

export const summary = {
  en: 'Learns to describe each picture with a few numbers and to redraw it from them. Then you can move the numbers: morph, edit, make new ones.',
  'zh-CN': '学会用少量数字描述每张图片，并据此重绘。之后就可以移动这些数字：渐变、编辑、生成新图。',
}

export const fit = { en: 'Learning to redraw', 'zh-CN': '学习重绘' }

export const settings = settingTexts({
  latentSize: {
    title: { en: 'Latent size', 'zh-CN': '潜在维数' },
    help: {
      en: 'How many numbers describe a picture. More keep more detail; fewer make each one mean more.',
      'zh-CN': '用多少个数来描述一张图片。越多保留的细节越多；越少则每个数的含义越大。',
    },
    level: 'basic',
  },
  architecture: {
    title: { en: 'Kind of network', 'zh-CN': '网络类型' },
    help: {
      en: 'Convolutional networks (conv) look at neighbourhoods and suit pictures; plain ones (mlp) suit very small or aligned pictures.',
      'zh-CN': '卷积网络（conv）按邻域观察，适合图片；全连接网络（mlp）适合很小或已对齐的图片。',
    },
    level: 'basic',
  },
  width: {
    title: { en: 'Width', 'zh-CN': '宽度' },
    help: {
      en: 'Units of the layer next to the latent code. Towards the picture a convolutional network halves them in every layer, a plain one doubles them.',
      'zh-CN': '与潜在编码相邻那一层的单元数。朝图片方向，卷积网络每层减半，全连接网络每层加倍。',
    },
    level: 'expert',
  },
  layers: {
    title: { en: 'Layers', 'zh-CN': '层数' },
    help: {
      en: 'Layers of the encoder, and as many of the decoder. In a convolutional network each halves the side of the picture.',
      'zh-CN': '编码器的层数，解码器也有同样多层。卷积网络中每一层都把图片边长减半。',
    },
    level: 'expert',
  },
  activation: {
    title: { en: 'Activation', 'zh-CN': '激活函数' },
    help: {
      en: 'The bend between two layers.',
      'zh-CN': '两层之间的非线性函数。',
    },
    level: 'expert',
  },
  likelihood: {
    title: { en: 'How redrawing is judged', 'zh-CN': '重绘的评判方式' },
    help: {
      en: 'Gaussian counts squared differences; Bernoulli treats each pixel as on or off with a probability, which suits black and white.',
      'zh-CN': 'gaussian 按差的平方计算；bernoulli 把每个像素看作以某概率开或关，适合黑白图。',
    },
    level: 'expert',
  },
  sigma: {
    title: { en: 'Pixel tolerance (σ)', 'zh-CN': '像素容差（σ）' },
    help: {
      en: 'Only with Gaussian: the difference per pixel that still counts as right. Smaller redraws more exactly; larger makes smoother morphs.',
      'zh-CN': '仅用于 gaussian：每个像素允许的偏差。越小重绘越精确；越大渐变越平滑。',
    },
    level: 'expert',
  },
  beta: {
    title: { en: 'Order in the latent space (β)', 'zh-CN': '潜在空间的规整程度（β）' },
    help: {
      en: 'Weight of the price for using the latent code. Above 1 the sliders become more separate and the pictures softer (Higgins et al. 2017).',
      'zh-CN': '使用潜在编码的代价权重。大于 1 时各滑块更独立，图片也更柔和（Higgins 等，2017）。',
    },
    level: 'basic',
  },
  klWarmup: {
    title: { en: 'Warm-up (steps)', 'zh-CN': '预热（步数）' },
    help: {
      en: 'Steps over which β rises from near 0 to its value, so that the latent code comes into use before it costs (Bowman et al. 2016).',
      'zh-CN': 'β 从接近 0 升到设定值所用的步数，让潜在编码先被用起来再计代价（Bowman 等，2016）。',
    },
    level: 'expert',
  },
})

export const parts = {
  loss: {
    title: { en: 'Total', 'zh-CN': '总计' },
    help: {
      en: 'What training makes smaller: redrawing error + β × use of the latent code, in nats per picture (the negative ELBO when β is 1).',
      'zh-CN': '训练要减小的量：重绘误差 + β × 潜在编码用量，单位为每张图片的奈特（β 为 1 时即负 ELBO）。',
    },
    colour: 'plain',
  },
  reconstruction: {
    title: { en: 'Redrawing error', 'zh-CN': '重绘误差' },
    help: {
      en: 'How far a redrawn picture is from the original: its negative log-likelihood, in nats per picture. It can be negative with Gaussian.',
      'zh-CN': '重绘的图片与原图相差多少：负对数似然，单位为每张图片的奈特。使用 gaussian 时可以为负。',
    },
    colour: 'real',
  },
  kl: {
    title: { en: 'Use of the latent code', 'zh-CN': '潜在编码用量' },
    help: {
      en: 'How much the numbers tell about a picture: the KL divergence from the prior, in nats per picture. Near 0 the code is ignored.',
      'zh-CN': '这些数字携带了多少关于图片的信息：与先验的 KL 散度，单位为每张图片的奈特。接近 0 表示编码被忽略。',
    },
    colour: 'made',
  },
} as const
