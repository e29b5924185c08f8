/** The GAN's words, in plain language: what a person sees. */
import { settingTexts } from '../define'

export const title = { en: 'Generative adversarial network', 'zh-CN': '生成对抗网络' }

export const summary = {
  en: 'Two networks play: one makes pictures, the other tells them from yours. Makes sharp new pictures and morphs between them; it cannot redraw a picture that you have.',
  'zh-CN':
    '两个网络相互博弈：一个生成图片，另一个把它们与您的图片区分开。能生成清晰的新图片并在其间渐变；但不能重绘您已有的图片。',
}

export const play = { en: 'Playing against each other', 'zh-CN': '相互博弈' }

const SIZES = 6

/** While the players grow: the title for each size. */
export const sizes = Array.from({ length: SIZES }, (_, i) => ({
  en: i === 0 ? 'Growing: the smallest pictures' : `Growing: doubled ${i === 1 ? 'once' : `${i} times`}`,
  'zh-CN': i === 0 ? '成长：最小的图片' : `成长：已放大 ${i} 次`,
}))

/** Why pictures cannot be made so. */
export const untold = {
  byTags: { en: 'none of these pictures has a tag', 'zh-CN': '这些图片都没有标签' },
  byText: { en: 'none of these pictures has a description or a tag', 'zh-CN': '这些图片都没有描述或标签' },
}

export const about = {
  for: {
    en: 'Whoever wants sharp new pictures like their own, and has a few hundred of one kind or more. It needs more time and patience than an autoencoder, and may drop rare kinds: look at coverage when you measure it.',
    'zh-CN':
      '适合想得到与自己图片相似的清晰新图片，并且有几百张以上同类图片的人。它比自编码器更费时、更需要耐心，也可能丢掉少见的种类：测量时请看覆盖率。',
  },
  articles: {
    en: 'An article writes the minimax loss and codes the non-saturating one: here each has its name, and the non-saturating one is the default, as in the paper. Another says that cross-entropy saturates late; minimax saturates early, while the critic is strong and the generator weak. One applies a sigmoid twice and lets both optimisers move both networks: here the critic gives a score without a sigmoid, and each phase moves its own network only. Smaller learning rates, L1, L2 or dropout are experiments against collapse, not cures.',
    'zh-CN':
      '有篇文章写的是极小极大损失，代码却是非饱和损失：这里两者各有其名，默认用非饱和损失，与论文一致。另一篇说交叉熵在后期饱和；其实极小极大损失在早期饱和，即评判网络强而生成网络弱的时候。还有一篇用了两次 sigmoid，并让两个优化器同时改动两个网络：这里评判网络给出不经 sigmoid 的分数，每个阶段只改动自己的网络。减小学习率、L1、L2 或 dropout 只是应对坍缩的尝试，不是保证有效的办法。',
  },
}

export const settings = settingTexts({
  latentSize: {
    title: { en: 'Latent size', 'zh-CN': '潜在维数' },
    help: {
      en: 'How many random numbers a picture is made from. More allow more variety.',
      'zh-CN': '每张图片由多少个随机数生成。越多，变化越丰富。',
    },
    level: 'basic',
  },
  architecture: {
    title: { en: 'Kind of network', 'zh-CN': '网络类型' },
    help: {
      en: 'Convolutional networks (conv) suit pictures; residual ones are deeper and slower; plain ones (mlp) suit very small pictures; transformers want many pictures and much time.',
      'zh-CN':
        '卷积网络（conv）适合图片；残差网络（residual）更深也更慢；全连接网络（mlp）适合很小的图片；transformer 需要大量图片和时间。',
    },
    level: 'basic',
  },
  loss: {
    title: { en: 'Rules of the game', 'zh-CN': '博弈规则' },
    help: {
      en: 'What the two play for. Non-saturating is what most use. Minimax is the first paper’s, and slow at first. Wasserstein learns steadily with several critic steps. Least squares and hinge lie between.',
      'zh-CN':
        '双方争夺的目标。non-saturating 最常用；minimax 出自最初的论文，开始时较慢；wasserstein 稳定，但需要多个判别步骤；least-squares 和 hinge 介于两者之间。',
    },
    level: 'basic',
  },
  byTags: {
    title: { en: 'Make by tags', 'zh-CN': '按标签生成' },
    help: {
      en: 'Both are told each picture’s tags, so that you can ask for pictures with certain tags. Needs tagged pictures.',
      'zh-CN': '双方都会得知每张图片的标签，因此可以要求生成带特定标签的图片。需要图片有标签。',
    },
    level: 'basic',
  },
  byText: {
    title: { en: 'Make by description', 'zh-CN': '按描述生成' },
    help: {
      en: 'Both are told what each picture shows, so that you can ask in words: by its description or, where it has none, by its tags read as words, of which not all are always mentioned.',
      'zh-CN':
        '双方都会得知每张图片的内容，因此可以用文字提出要求：使用图片的描述；没有描述时，把标签当作文字来读（并非每次都提到所有标签）。',
    },
    level: 'expert',
  },
  growing: {
    title: { en: 'Grow', 'zh-CN': '逐步成长' },
    help: {
      en: 'Begins with tiny pictures and doubles their size step by step (Karras et al. 2018): the whole first, details later.',
      'zh-CN': '从很小的图片开始，逐步加倍尺寸（Karras 等，2018）：先学整体，再学细节。',
    },
    level: 'basic',
  },
  augment: {
    title: { en: 'Few pictures', 'zh-CN': '图片较少' },
    help: {
      en: 'The critic sees every picture shifted, recoloured and partly covered, so that it cannot learn a small set by heart (Zhao et al. 2020).',
      'zh-CN': '判别器看到的每张图片都经过平移、变色和局部遮挡，因此无法死记少量图片（Zhao 等，2020）。',
    },
    level: 'basic',
  },
  width: {
    title: { en: 'Width', 'zh-CN': '宽度' },
    help: {
      en: 'Feature maps where the picture is smallest (halved in each layer towards the picture), units of every layer of a plain network, or numbers of a transformer’s token.',
      'zh-CN': '图片最小处的特征图数量（朝图片方向每层减半）；全连接网络每层的单元数；或 transformer 每个标记的数值个数。',
    },
    level: 'expert',
  },
  layers: {
    title: { en: 'Layers', 'zh-CN': '层数' },
    help: {
      en: 'Of each network. A convolutional layer halves or doubles the side of the picture. Not used when growing.',
      'zh-CN': '每个网络的层数。卷积层每层把图片边长减半或加倍。逐步成长时不使用。',
    },
    level: 'expert',
  },
  prior: {
    title: { en: 'Latents are drawn from', 'zh-CN': '潜在编码的来源' },
    help: {
      en: 'Normal: a cloud around zero. Uniform: evenly between −1 and 1 in every number.',
      'zh-CN': 'normal：围绕零点的正态分布。uniform：每个数在 −1 到 1 之间均匀分布。',
    },
    level: 'expert',
  },
  upsampling: {
    title: { en: 'Enlarging', 'zh-CN': '放大方式' },
    help: {
      en: 'How conv makes pictures larger: by transposed convolutions, or by repeating pixels (nearest) and a convolution, which leaves no checkerboards. The other kinds have a way of their own.',
      'zh-CN':
        'conv 放大图片的方式：转置卷积（transposed），或重复像素后再卷积（nearest，不会留下棋盘纹）。其他网络类型有各自的方式。',
    },
    level: 'expert',
  },
  generatorNorm: {
    title: { en: 'Generator’s norm', 'zh-CN': '生成器的归一化' },
    help: {
      en: 'Keeps the numbers between layers in size: over the batch, the whole item (layer), or each map of it (instance).',
      'zh-CN': '控制层间数值的大小：按整批（batch）、整个样本（layer）或样本的每张特征图（instance）。',
    },
    level: 'expert',
  },
  critic: {
    title: { en: 'Critic’s kind', 'zh-CN': '判别器的类型' },
    help: {
      en: 'The kind of network that judges; by default the same as the one that makes.',
      'zh-CN': '负责判别的网络类型；默认与生成器相同。',
    },
    level: 'expert',
  },
  criticNorm: {
    title: { en: 'Critic’s norm', 'zh-CN': '判别器的归一化' },
    help: {
      en: 'As the generator’s. The first layer has none.',
      'zh-CN': '与生成器的含义相同。第一层没有归一化。',
    },
    level: 'expert',
  },
  spectralNorm: {
    title: { en: 'Spectral norm', 'zh-CN': '谱归一化' },
    help: {
      en: 'No layer of the critic may stretch what it is given, which keeps its advice gentle (Miyato et al. 2018).',
      'zh-CN': '判别器的任何一层都不得拉伸输入，使其反馈保持平缓（Miyato 等，2018）。',
    },
    level: 'expert',
  },
  bound: {
    title: { en: 'How the critic is held back', 'zh-CN': '约束判别器的方式' },
    help: {
      en: 'Gradient-penalty asks for a slope of 1 between real and made pictures, r1 for a small slope at real ones, clipping keeps every weight small.',
      'zh-CN': 'gradient-penalty 要求真图与生成图之间的斜率为 1；r1 要求真图处斜率较小；clipping 让每个权重保持较小。',
    },
    level: 'expert',
  },
  penalty: {
    title: { en: 'Penalty’s weight', 'zh-CN': '惩罚权重' },
    help: {
      en: 'Only for gradient-penalty (λ) and r1 (γ).',
      'zh-CN': '仅用于 gradient-penalty（λ）和 r1（γ）。',
    },
    level: 'expert',
  },
  clip: {
    title: { en: 'Clipping limit', 'zh-CN': '裁剪上限' },
    help: {
      en: 'Only for clipping: the largest size that a weight of the critic may have.',
      'zh-CN': '仅用于 clipping：判别器单个权重的最大绝对值。',
    },
    level: 'expert',
  },
  criticSteps: {
    title: { en: 'Critic’s turns', 'zh-CN': '判别器的回合数' },
    help: {
      en: 'Updates of the critic for each one of the generator, each with its own batch.',
      'zh-CN': '生成器每更新一次，判别器更新的次数；每次使用各自的批。',
    },
    level: 'expert',
  },
  criticRate: {
    title: { en: 'Critic’s pace', 'zh-CN': '判别器的速度' },
    help: {
      en: 'The critic’s learning rate, as a multiple of the generator’s, which is the training’s (Heusel et al. 2017).',
      'zh-CN': '判别器的学习率，为生成器（即训练设置）学习率的倍数（Heusel 等，2017）。',
    },
    level: 'expert',
  },
  averaging: {
    title: { en: 'Averaging', 'zh-CN': '参数平均' },
    help: {
      en: 'What is shown is a running mean of the generator: the share of it that each step keeps. 0 shows the newest state.',
      'zh-CN': '展示的是生成器的滑动平均：每一步保留的比例。0 表示展示最新状态。',
    },
    level: 'expert',
  },
  labelSmoothing: {
    title: { en: 'Label smoothing', 'zh-CN': '标签平滑' },
    help: {
      en: 'Real pictures count as real only so far: 0.1 makes the critic aim for 90 % (Salimans et al. 2016).',
      'zh-CN': '真实图片不完全算作真实：0.1 让判别器以 90% 为目标（Salimans 等，2016）。',
    },
    level: 'expert',
  },
  instanceNoise: {
    title: { en: 'Noise on pictures', 'zh-CN': '图片噪声' },
    help: {
      en: 'The critic sees real and made pictures through this much noise at first; it fades (Sønderby et al. 2016). 1 is the whole range from black to white.',
      'zh-CN': '一开始判别器透过这么多噪声看真图和生成图，之后逐渐消失（Sønderby 等，2016）。1 相当于从黑到白的整个范围。',
    },
    level: 'expert',
  },
  instanceNoiseSteps: {
    title: { en: 'Noise fades over (steps)', 'zh-CN': '噪声消失所需步数' },
    help: { en: 'Steps after which no noise is left.', 'zh-CN': '经过这么多步后噪声完全消失。' },
    level: 'expert',
  },
  dropout: {
    title: { en: 'Dropout', 'zh-CN': 'Dropout' },
    help: {
      en: 'Share of the critic’s features that are silenced in each pass, so that it does not rely on a few.',
      'zh-CN': '每次前向时判别器中被静默的特征比例，使其不只依赖少数特征。',
    },
    level: 'expert',
  },
  minibatchDeviation: {
    title: { en: 'Critic sees variety', 'zh-CN': '判别器可见多样性' },
    help: {
      en: 'The critic is told how much the pictures of a batch differ, so that making the same one again and again is found out (Karras et al. 2018). Goes with the penalties on the slope, as in that paper: one number that all pictures share hardly slopes with any one of them.',
      'zh-CN':
        '判别器得知一批图片之间的差异有多大，从而能识破反复生成同一张图片的行为（Karras 等，2018）。可与斜率惩罚同用，与该论文一致：所有图片共享的一个数，对其中任何一张几乎没有斜率。',
    },
    level: 'expert',
  },
  fadeSteps: {
    title: { en: 'Fade-in (steps)', 'zh-CN': '淡入（步数）' },
    help: {
      en: 'Only when growing: steps over which a new size is faded in.',
      'zh-CN': '仅用于逐步成长：新尺寸淡入所用的步数。',
    },
    level: 'expert',
  },
})

export const rules = {
  told: {
    en: 'Pictures are made either by tags or by description.',
    'zh-CN': '要么按标签生成，要么按描述生成。',
  },
  clipping: {
    en: 'Clipping belongs to the Wasserstein game; the others do not need so weak a critic.',
    'zh-CN': 'clipping 属于 wasserstein 博弈；其他规则不需要如此弱的判别器。',
  },
  wasserstein: {
    en: 'The Wasserstein game needs a critic that is held back: by clipping, the gradient penalty or the spectral norm.',
    'zh-CN': 'wasserstein 博弈需要受约束的判别器：clipping、gradient-penalty 或谱归一化。',
  },
  penalty: {
    en: 'A penalty on the slope at each picture needs a critic that judges each by itself; the batch norm mixes them.',
    'zh-CN': '针对每张图片斜率的惩罚要求判别器单独判断每张图片；batch 归一化会把它们混在一起。',
  },
  twice: {
    en: 'The spectral norm holds the critic back already.',
    'zh-CN': '谱归一化已经约束了判别器。',
  },
  spectral: {
    en: 'Another norm would stretch again what the spectral norm holds back.',
    'zh-CN': '其他归一化会重新拉伸谱归一化所约束的内容。',
  },
  labels: {
    en: 'In this game pictures have no labels that could be smoothed.',
    'zh-CN': '在这种博弈中，图片没有可以平滑的标签。',
  },
  flat: {
    en: 'A plain network (mlp) has no maps to take the norm of one by one.',
    'zh-CN': '全连接网络（mlp）没有可以逐一归一化的特征图。',
  },
  tokens: {
    en: 'A transformer has layer norms in its blocks.',
    'zh-CN': 'transformer 的模块中自带 layer 归一化。',
  },
  attention: {
    en: 'The spectral norm does not hold back attention (Kim et al. 2021).',
    'zh-CN': '谱归一化无法约束注意力机制（Kim 等，2021）。',
  },
  growing: {
    en: 'Only convolutional networks (conv) can grow.',
    'zh-CN': '只有卷积网络（conv）可以逐步成长。',
  },
} as const

export const parts = {
  critic: {
    title: { en: 'Critic', 'zh-CN': '判别器' },
    help: {
      en: 'What the critic makes smaller: its mistakes about real and made pictures. It does not fall forever: the better the made pictures, the more mistakes.',
      'zh-CN': '判别器要减小的量：对真图和生成图的误判。它不会一直下降：生成得越好，误判越多。',
    },
    colour: 'critic',
  },
  generator: {
    title: { en: 'Generator', 'zh-CN': '生成器' },
    help: {
      en: 'What the generator makes smaller: how far the critic is from taking its pictures for real. It says nothing about quality by itself.',
      'zh-CN': '生成器要减小的量：判别器离把它的图片当真还有多远。单看它并不能说明质量。',
    },
    colour: 'made',
  },
  real: {
    title: { en: 'Score of real pictures', 'zh-CN': '真实图片的得分' },
    help: {
      en: 'The critic’s mean score of your pictures; higher means more real. Near that of made pictures, the two are even.',
      'zh-CN': '判别器给您的图片的平均得分；越高越真。与生成图片的得分接近时，双方势均力敌。',
    },
    colour: 'real',
  },
  made: {
    title: { en: 'Score of made pictures', 'zh-CN': '生成图片的得分' },
    help: {
      en: 'The critic’s mean score of the generator’s pictures.',
      'zh-CN': '判别器给生成器图片的平均得分。',
    },
    colour: 'made',
  },
  penalty: {
    title: { en: 'Penalty on the slope', 'zh-CN': '斜率惩罚' },
    help: {
      en: 'How far the critic’s slope is from what it should be, before its weight; 0 where none is asked for.',
      'zh-CN': '判别器的斜率与要求相差多少（未乘权重）；未启用时为 0。',
    },
    colour: 'plain',
  },
} as const

export const presets = {
  article: {
    title: { en: 'As in the article', 'zh-CN': '与文章一致' },
    help: {
      en: 'Plain networks z → 128 → 128 → picture and picture → 128 → 128 → 1 with leaky ReLU 0.2, the non-saturating game, nothing else.',
      'zh-CN': '全连接网络 z → 128 → 128 → 图片，图片 → 128 → 128 → 1（leaky ReLU 0.2），non-saturating 博弈，无其他技巧。',
    },
  },
} as const
