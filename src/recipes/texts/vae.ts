/** The VAE's words, in plain language: what a person sees. */
import { settingTexts } from '../define'

export const title = { en: 'Variational autoencoder', 'zh-CN': '变分自编码器' }

export const summary = {
  en: 'Learns to describe each picture with a few numbers and to redraw it from them. Then you can move the numbers: morph, edit, make new ones.',
  'zh-CN': '学会用少量数字描述每张图片，并据此重绘。之后就可以移动这些数字：渐变、编辑、生成新图。',
}

export const fit = { en: 'Learning to redraw', 'zh-CN': '学习重绘' }

export const about = {
  for: {
    en: 'Whoever wants to move pictures by sliders, morph between them, find the odd ones, or describe each by a few numbers. It learns in minutes, hardly ever fails, and draws softly.',
    'zh-CN': '适合想用滑块改变图片、在图片间渐变、找出反常图片，或用少量数字描述图片的人。几分钟就能学会，很少失败，画面偏柔和。',
  },
  articles: {
    en: 'An article gives the KL term in code as −½·mean², without −log σ², with the ½ misplaced and as a mean over latents. Here it is ½ Σ (μ² + σ² − log σ² − 1), summed over latents and averaged over the batch: a mean over both would hide an effective β. Another calls the first term of the bound a negative log-likelihood and wants the “ELBO loss” maximised; it is the expected log-likelihood, and what is minimised is the bound’s negative. The same articles train on random numbers under cross-entropy and call logits means: here targets lie in [0, 1], and one sigmoid stands between logits and pixels.',
    'zh-CN':
      '有篇文章的代码把 KL 项写成 −½·mean²，缺少 −log σ²，½ 的位置不对，并且对潜变量取了平均。这里是 ½ Σ (μ² + σ² − log σ² − 1)，对潜变量求和、对批次取平均：两者都取平均会隐藏一个实际的 β。另一篇把下界的第一项称为负对数似然，并要“最大化 ELBO 损失”；它其实是期望对数似然，被最小化的是下界的相反数。这些文章还在随机数上用交叉熵训练，并把 logit 称为均值：这里目标在 [0, 1] 内，logit 与像素之间只有一个 sigmoid。',
  },
}

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
      en: 'Gaussian counts squared differences. Logistic counts how likely exactly this one of 256 values was, so results can be compared in nats. Bernoulli treats each pixel as on or off with a probability, which suits black and white.',
      'zh-CN':
        'gaussian 按差的平方计算。logistic 计算恰好取到 256 级中这一级的概率，因此结果可以用奈特互相比较。bernoulli 把每个像素看作以某概率开或关，适合黑白图。',
    },
    level: 'expert',
  },
  binarise: {
    title: { en: 'Make black and white', 'zh-CN': '变为黑白' },
    help: {
      en: 'Every time a picture is seen, each pixel is drawn as on or off, with its grey as the probability (dynamic binarisation, Salakhutdinov & Murray 2008). This is how results on MNIST are usually given.',
      'zh-CN':
        '每次看到图片时，每个像素都以其灰度为概率重新抽成开或关（动态二值化，Salakhutdinov 与 Murray，2008）。MNIST 上的结果通常这样给出。',
    },
    level: 'expert',
  },
  tolerance: {
    title: { en: 'Who sets the tolerance', 'zh-CN': '像素容差由谁决定' },
    help: {
      en: 'Fixed: you. One: learned, the same for all pixels, which balances redrawing and order by itself (Rybkin et al. 2021). Per-pixel: learned for each place. By-latent: the model says for each picture how sure it is where.',
      'zh-CN':
        'fixed：由你决定。one：学习得到，所有像素相同，会自动平衡重绘与规整（Rybkin 等，2021）。per-pixel：每个位置各学一个。by-latent：模型对每张图片说明各处有多确定。',
    },
    level: 'expert',
  },
  sigma: {
    title: { en: 'Pixel tolerance (σ)', 'zh-CN': '像素容差（σ）' },
    help: {
      en: 'Not with Bernoulli: the difference per pixel that still counts as right. Smaller redraws more exactly; larger makes smoother morphs. Where it is learned, it begins here.',
      'zh-CN': '不用于 bernoulli：每个像素允许的偏差。越小重绘越精确；越大渐变越平滑。若由模型学习，则从这里开始。',
    },
    level: 'expert',
  },
  leastSigma: {
    title: { en: 'Least tolerance', 'zh-CN': '最小容差' },
    help: {
      en: 'Only where it is learned: the tolerance stays above this, so that no pixel can count without limit.',
      'zh-CN': '仅在容差由模型学习时使用：容差始终高于此值，避免某个像素的分量无限增大。',
    },
    level: 'expert',
  },
  price: {
    title: { en: 'Price of the latent code', 'zh-CN': '潜在编码的计价方式' },
    help: {
      en: 'Plain: β for each nat. Capacity: the code is held to a given number of nats that rises during the warm-up (Burgess et al. 2018). Free-bits: the first nats of each number are free, so that none is given up too early (Kingma et al. 2016).',
      'zh-CN':
        'plain：每奈特计 β。capacity：编码被保持在给定的奈特数，该数在预热期间上升（Burgess 等，2018）。free-bits：每个数的前若干奈特免费，避免过早被放弃（Kingma 等，2016）。',
    },
    level: 'expert',
  },
  beta: {
    title: { en: 'Order in the latent space (β)', 'zh-CN': '潜在空间的规整程度（β）' },
    help: {
      en: 'Weight of the price for using the latent code. Above 1 the sliders become more separate and the pictures softer (Higgins et al. 2017). With a capacity, how firmly it is held (γ there).',
      'zh-CN':
        '使用潜在编码的代价权重。大于 1 时各滑块更独立，图片也更柔和（Higgins 等，2017）。使用 capacity 时，表示保持该容量的力度（文中的 γ）。',
    },
    level: 'basic',
  },
  capacity: {
    title: { en: 'Capacity', 'zh-CN': '容量' },
    help: {
      en: 'Only with the price “capacity”: nats that the code carries in the end, on average over the pictures. 25 is about 36 bits.',
      'zh-CN': '仅用于 capacity：编码最终携带的奈特数（对所有图片取平均）。25 奈特约为 36 比特。',
    },
    level: 'expert',
  },
  freeBits: {
    title: { en: 'Free nats', 'zh-CN': '免费奈特数' },
    help: {
      en: 'Only with the price “free-bits”: what each number of the code may carry without a price, on average over a batch.',
      'zh-CN': '仅用于 free-bits：编码中每个数可以免费携带的奈特数（对一批取平均）。',
    },
    level: 'expert',
  },
  klWarmup: {
    title: { en: 'Warm-up (steps)', 'zh-CN': '预热（步数）' },
    help: {
      en: 'Steps over which β rises from near 0 to its value, so that the latent code comes into use before it costs (Bowman et al. 2016); with a capacity, over which that rises.',
      'zh-CN':
        'β 从接近 0 升到设定值所用的步数，让潜在编码先被用起来再计代价（Bowman 等，2016）；使用 capacity 时则是容量上升的步数。',
    },
    level: 'expert',
  },
})

export const reasons = {
  binarise: {
    en: 'Pictures made black and white have pixels that are on or off: only Bernoulli tells their likelihood.',
    'zh-CN': '变为黑白的图片只有开或关的像素：只有 bernoulli 能给出它们的似然。',
  },
  tolerance: {
    en: 'With Bernoulli a pixel’s probability says already how sure the model is: there is no tolerance to learn.',
    'zh-CN': '使用 bernoulli 时，像素的概率已经表示模型有多确定：没有容差可学。',
  },
}

export const parts = {
  loss: {
    title: { en: 'Total', 'zh-CN': '总计' },
    help: {
      en: 'What training makes smaller: redrawing error + the price of the latent code, in nats per picture (the negative ELBO where the price is plain and β is 1).',
      'zh-CN': '训练要减小的量：重绘误差 + 潜在编码的代价，单位为每张图片的奈特（计价为 plain 且 β 为 1 时即负 ELBO）。',
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

export const presets = {
  article: {
    title: { en: 'As in the article', 'zh-CN': '与文章一致' },
    help: {
      en: 'Plain networks picture → 128 → 64 → z and back, each pixel on or off with a probability; with the right KL, summed over latents.',
      'zh-CN': '全连接网络 图片 → 128 → 64 → z 及其镜像，每个像素以某概率开或关；KL 采用正确形式，对潜变量求和。',
    },
  },
} as const
