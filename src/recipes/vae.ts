/**
 * The variational autoencoder (Kingma & Welling 2013): an encoder that turns a picture into a small cloud of latents, a decoder
 * that turns a latent back into a picture, trained together on the evidence lower bound.
 */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { ACTIVATIONS } from '../nn/activations'
import type { Weights } from '../nn/module'
import { bernoulliNll, gaussianNll, normalKl, overPixels, posterior, reparameterise } from '../nn/objectives/elbo'
import { add, mean, mul, neg, sigmoid, square, sub } from '../nn/ops'
import type { Built, DataFacts } from './define'
import { defineRecipe, texts } from './define'
import { pictureDecoder, pictureEncoder } from './pictures'

const Settings = z.strictObject({
  latentSize: z
    .int()
    .min(2)
    .max(512)
    .default(32)
    .meta(
      texts({
        title: { en: 'Latent size', 'zh-CN': '潜在维数' },
        help: {
          en: 'How many numbers describe a picture. More keep more detail; fewer make each one mean more.',
          'zh-CN': '用多少个数来描述一张图片。越多保留的细节越多；越少则每个数的含义越大。',
        },
        level: 'basic',
      }),
    ),
  architecture: z
    .enum(['mlp', 'conv'])
    .default('conv')
    .meta(
      texts({
        title: { en: 'Kind of network', 'zh-CN': '网络类型' },
        help: {
          en: 'Convolutional networks (conv) look at neighbourhoods and suit pictures; plain ones (mlp) suit very small or aligned pictures.',
          'zh-CN': '卷积网络（conv）按邻域观察，适合图片；全连接网络（mlp）适合很小或已对齐的图片。',
        },
        level: 'basic',
      }),
    ),
  width: z
    .int()
    .min(4)
    .max(2048)
    .default(64)
    .meta(
      texts({
        title: { en: 'Width', 'zh-CN': '宽度' },
        help: {
          en: 'Units of the layer next to the latent code. Towards the picture a convolutional network halves them in every layer, a plain one doubles them.',
          'zh-CN': '与潜在编码相邻那一层的单元数。朝图片方向，卷积网络每层减半，全连接网络每层加倍。',
        },
        level: 'expert',
      }),
    ),
  layers: z
    .int()
    .min(1)
    .max(6)
    .default(3)
    .meta(
      texts({
        title: { en: 'Layers', 'zh-CN': '层数' },
        help: {
          en: 'Layers of the encoder, and as many of the decoder. In a convolutional network each halves the side of the picture.',
          'zh-CN': '编码器的层数，解码器也有同样多层。卷积网络中每一层都把图片边长减半。',
        },
        level: 'expert',
      }),
    ),
  activation: z
    .enum(ACTIVATIONS)
    .default('relu')
    .meta(
      texts({
        title: { en: 'Activation', 'zh-CN': '激活函数' },
        help: { en: 'The bend between two layers.', 'zh-CN': '两层之间的非线性函数。' },
        level: 'expert',
      }),
    ),
  likelihood: z
    .enum(['bernoulli', 'gaussian'])
    .default('gaussian')
    .meta(
      texts({
        title: { en: 'How redrawing is judged', 'zh-CN': '重绘的评判方式' },
        help: {
          en: 'Gaussian counts squared differences; Bernoulli treats each pixel as on or off with a probability, which suits black and white.',
          'zh-CN': 'gaussian 按差的平方计算；bernoulli 把每个像素看作以某概率开或关，适合黑白图。',
        },
        level: 'expert',
      }),
    ),
  sigma: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.1)
    .meta(
      texts({
        title: { en: 'Pixel tolerance (σ)', 'zh-CN': '像素容差（σ）' },
        help: {
          en: 'Only with Gaussian: the difference per pixel that still counts as right. Smaller redraws more exactly; larger makes smoother morphs.',
          'zh-CN': '仅用于 gaussian：每个像素允许的偏差。越小重绘越精确；越大渐变越平滑。',
        },
        level: 'expert',
      }),
    ),
  beta: z
    .number()
    .min(0)
    .max(100)
    .default(1)
    .meta(
      texts({
        title: { en: 'Order in the latent space (β)', 'zh-CN': '潜在空间的规整程度（β）' },
        help: {
          en: 'Weight of the price for using the latent code. Above 1 the sliders become more separate and the pictures softer (Higgins et al. 2017).',
          'zh-CN': '使用潜在编码的代价权重。大于 1 时各滑块更独立，图片也更柔和（Higgins 等，2017）。',
        },
        level: 'basic',
      }),
    ),
  klWarmup: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(200)
    .meta(
      texts({
        title: { en: 'Warm-up (steps)', 'zh-CN': '预热（步数）' },
        help: {
          en: 'Steps over which β rises from near 0 to its value, so that the latent code comes into use before it costs (Bowman et al. 2016).',
          'zh-CN': 'β 从接近 0 升到设定值所用的步数，让潜在编码先被用起来再计代价（Bowman 等，2016）。',
        },
        level: 'expert',
      }),
    ),
})
type Settings = z.infer<typeof Settings>

/** Enough halvings to come down to a side of 8 or less. */
function layersFor(side: number): number {
  return Math.min(6, Math.max(1, Math.ceil(Math.log2(side / 8))))
}

function defaults(data: DataFacts): Partial<Settings> {
  const side = Math.max(data.height, data.width)
  const small = side < 16
  return {
    architecture: small ? 'mlp' : 'conv',
    layers: small ? 2 : layersFor(side),
    latentSize: data.channels === 1 && side <= 32 ? 16 : 32,
  }
}

function build(settings: Settings, data: DataFacts): Built {
  const { latentSize, likelihood, sigma, beta, klWarmup } = settings
  const encoder = pictureEncoder(settings, data, 2 * latentSize)
  const decoder = pictureDecoder(settings, data, latentSize)

  const encode = (weights: Record<string, Weights>, x: Tensor4D) => posterior(encoder.forward(weights.encoder!, x))
  /** The decoder gives logits; one sigmoid makes them the probabilities, or the normal distribution's means. */
  const decode = (weights: Record<string, Weights>, latents: Tensor) => decoder.forward(weights.decoder!, latents) as Tensor4D
  const pixelNll = (logits: Tensor4D, x: Tensor4D) =>
    likelihood === 'bernoulli' ? bernoulliNll(logits, x) : gaussianNll(sigmoid(logits), x, sigma)
  /** Both terms of the bound per item, with one sample of the latent. */
  const bound = (weights: Record<string, Weights>, x: Tensor4D, noise: Record<string, Tensor>) => {
    const q = encode(weights, x)
    return { reconstruction: pixelNll(decode(weights, reparameterise(q, noise.eps!)), x), kl: normalKl(q), q }
  }
  const eps = (count: number) => ({ eps: { shape: [count, latentSize], distribution: 'normal' as const } })

  return {
    networks: { encoder, decoder },
    stages: [
      {
        ...FIT,
        phases: [
          {
            name: 'elbo',
            trains: ['encoder', 'decoder'],
            noise: eps,
            schedule: (step) => ({ klWeight: beta * Math.min(1, (step + 1) / Math.max(1, klWarmup)) }),
            loss: ({ weights, x, noise, schedule }) => {
              const terms = bound(weights, x, noise)
              const reconstruction = mean(terms.reconstruction) as Scalar
              const kl = mean(terms.kl) as Scalar
              const loss = add(reconstruction, mul(kl, schedule.klWeight!)) as Scalar
              return { total: loss, parts: { loss, reconstruction, kl } }
            },
          },
        ],
      },
    ],
    abilities: {
      latentSize,
      encode: (weights, x) => encode(weights, x).mean,
      decode: (weights, latents: Tensor2D) => sigmoid(decode(weights, latents)),
      scoreNoise: eps,
      score: (weights, x, noise) => {
        const { reconstruction, kl } = bound(weights, x, noise)
        return add(reconstruction, kl)
      },
      measure: (weights, x, noise) => {
        const { reconstruction, kl, q } = bound(weights, x, noise)
        const redrawn = sigmoid(decode(weights, q.mean))
        const pixels = data.height * data.width * data.channels
        return {
          reconstruction,
          kl,
          elbo: neg(add(reconstruction, kl)),
          mse: mul(overPixels(square(sub(x, redrawn))), 1 / pixels),
        }
      },
    },
  }
}

const FIT = { name: 'fit', title: { en: 'Learning to redraw', 'zh-CN': '学习重绘' } }

export const vae = defineRecipe<Settings>({
  id: 'vae',
  title: { en: 'Variational autoencoder', 'zh-CN': '变分自编码器' },
  summary: {
    en: 'Learns to describe each picture with a few numbers and to redraw it from them. Then you can move the numbers: morph, edit, make new ones.',
    'zh-CN': '学会用少量数字描述每张图片，并据此重绘。之后就可以移动这些数字：渐变、编辑、生成新图。',
  },
  paper: 'Kingma & Welling 2013, Auto-Encoding Variational Bayes, arXiv:1312.6114',
  data: ['images'],
  goals: ['morph', 'more-like-these', 'find-odd', 'compress'],
  likelihood: 'bound',
  prior: 'normal',
  abilities: ['encode', 'decode', 'generate', 'score'],
  settings: Settings,
  defaults,
  rules: [],
  parts: {
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
  },
  stages: [FIT],
  build,
})
