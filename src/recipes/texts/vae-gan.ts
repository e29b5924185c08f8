/** The VAE-GAN's words, in plain language: what a person sees. */
import { settingTexts } from '../define'
import * as vae from './vae'

export const title = { en: 'VAE-GAN', 'zh-CN': '变分自编码对抗网络（VAE-GAN）' }

export const summary = {
  en: 'Learns to describe each picture with a few numbers, as a variational autoencoder does, while a critic teaches it to draw sharply. Slower to train; sharper pictures.',
  'zh-CN': '像变分自编码器一样学会用少量数字描述每张图片，同时由一个判别器教它画得清晰。训练更慢，图片更清晰。',
}

export const fit = { en: 'Learning to redraw, before a critic', 'zh-CN': '在判别器下学习重绘' }

export const about = {
  for: {
    en: 'Whoever wants to edit and morph pictures as with a variational autoencoder, but drawn more sharply, and has the patience: each step costs several times as much, and a game can get out of balance.',
    'zh-CN':
      '适合想像变分自编码器那样编辑和渐变图片、但要求画面更清晰、并且有耐心的人：每一步的代价是其数倍，而且对抗训练可能失去平衡。',
  },
  articles: {
    en: 'An article writes one objective L_VAE + λ·L_GAN for all networks. But the critic makes its part larger, and log D(real) has no slope for encoder and decoder, so each network has a loss of its own here, as in the paper; the article’s weighted sum and its order are there too, as a choice. There λ scales the generator’s steps: Adam’s updates do not depend on a factor of their loss. The article’s steps let the critic judge samples from the prior, its code only reconstructions; here it judges both. μ and σ² are outputs of the encoder, not parameters. The redrawing error in the critic’s features is no likelihood of the picture, for the features move while the critic learns; only with pixels is there a bound.',
    'zh-CN':
      '有篇文章让所有网络共用一个目标 L_VAE + λ·L_GAN。但判别器要增大自己的那部分，而 log D(真图) 对编码器和解码器没有梯度，所以这里与论文一样，每个网络有自己的损失；文章的加权和及其顺序也可以选择。那时 λ 缩放的是生成器的步幅：Adam 的更新与损失的倍数无关。文章的步骤让判别器评判先验样本，代码却只评判重绘图；这里两者都评判。μ 和 σ² 是编码器的输出，不是参数。判别器特征中的重绘误差不是图片的似然，因为特征会随判别器的学习而变化；只有按像素时才有下界。',
  },
}

const { latentSize, architecture, activation } = vae.settings

const own = settingTexts({
  order: {
    title: { en: 'Order of learning', 'zh-CN': '学习顺序' },
    help: {
      en: 'larsen: as in the paper, a loss of its own for each network. weighted: redrawing and λ × fooling the critic, in turns: the critic, then the generator on new pictures, then encoder and decoder; the decoder moves twice.',
      'zh-CN':
        'larsen：如论文所述，每个网络有自己的损失。weighted：重绘与 λ × 骗过判别器轮流进行：先判别器，再用新图片训练生成器，最后训练编码器和解码器；解码器每步更新两次。',
    },
    level: 'expert',
  },
  width: {
    title: { en: 'Width', 'zh-CN': '宽度' },
    help: {
      en: 'Units of the layer next to the latent code, and of the critic’s last. Towards the picture a convolutional network halves them in every layer, a plain one doubles them.',
      'zh-CN': '与潜在编码相邻那一层（以及判别器最后一层）的单元数。朝图片方向，卷积网络每层减半，全连接网络每层加倍。',
    },
    level: 'expert',
  },
  layers: {
    title: { en: 'Layers', 'zh-CN': '层数' },
    help: {
      en: 'Layers of the encoder, of the decoder and of the critic. In a convolutional network each halves the side of the picture.',
      'zh-CN': '编码器、解码器和判别器各自的层数。卷积网络中每一层都把图片边长减半。',
    },
    level: 'expert',
  },
  reconstruction: {
    title: { en: 'Where redrawing is judged', 'zh-CN': '在哪里评判重绘' },
    help: {
      en: 'features: as the critic sees both pictures, which forgives a shifted edge but not a blurred one. It is no likelihood of the picture. pixels: by squared differences, as a plain autoencoder; then the loss bounds the likelihood.',
      'zh-CN':
        'features：比较判别器眼中的两张图片，容许边缘略有移动，但不容许模糊。它不是图片的似然。pixels：按像素差的平方，与普通自编码器相同；此时损失是似然的界。',
    },
    level: 'expert',
  },
  featureLayer: {
    title: { en: 'Layer of the critic', 'zh-CN': '判别器的层' },
    help: {
      en: 'Only with features: the layer of the critic that compares a picture and its redrawing. Early layers see edges, late ones see parts.',
      'zh-CN': '仅用于 features：用判别器的第几层比较原图与重绘图。靠前的层看边缘，靠后的层看部件。',
    },
    level: 'expert',
  },
  sigma: {
    title: { en: 'Pixel tolerance (σ)', 'zh-CN': '像素容差（σ）' },
    help: {
      en: 'Only with pixels: the difference per pixel that still counts as right. Smaller redraws more exactly; larger makes smoother morphs.',
      'zh-CN': '仅用于 pixels：每个像素允许的偏差。越小重绘越精确；越大渐变越平滑。',
    },
    level: 'expert',
  },
  beta: {
    title: { en: 'Order in the latent space (β)', 'zh-CN': '潜在空间的规整程度（β）' },
    help: {
      en: 'Weight of the price for using the latent code, against the redrawing error. 1 is the paper’s; a calm critic’s features differ less, so a tenth of that serves it better. Larger makes new pictures better and redrawing worse.',
      'zh-CN':
        '使用潜在编码的代价相对于重绘误差的权重。论文中为 1；平稳的判别器特征差异更小，取其十分之一更合适。越大，新图越好，重绘越差。',
    },
    level: 'basic',
  },
  gamma: {
    title: { en: 'Likeness against sharpness (γ)', 'zh-CN': '相似与清晰的权衡（γ）' },
    help: {
      en: 'Only with the order larsen: how much the decoder heeds likeness beside fooling the critic. Larger redraws more faithfully; smaller looks more real.',
      'zh-CN': '仅用于 larsen 顺序：解码器在骗过判别器之外有多重视相似。越大重绘越忠实；越小越逼真。',
    },
    level: 'basic',
  },
  lambda: {
    title: { en: 'Weight of the critic (λ)', 'zh-CN': '判别器的权重（λ）' },
    help: {
      en: 'Only with the order weighted: how far the generator’s own step goes, as a share of the learning rate. 0 leaves a plain variational autoencoder.',
      'zh-CN': '仅用于 weighted 顺序：生成器单独那一步的幅度，占学习率的比例。0 即普通变分自编码器。',
    },
    level: 'basic',
  },
  loss: {
    title: { en: 'The game', 'zh-CN': '对抗损失' },
    help: {
      en: 'What critic and decoder play for. non-saturating learns fastest early; minimax is the paper’s formula; least-squares and hinge are milder.',
      'zh-CN': '判别器与解码器争夺的目标。non-saturating 早期学得最快；minimax 是论文中的公式；least-squares 和 hinge 更温和。',
    },
    level: 'expert',
  },
  spectralNorm: {
    title: { en: 'Calm critic', 'zh-CN': '平稳的判别器' },
    help: {
      en: 'Divides each layer of the critic by how much it stretches (spectral normalisation, Miyato et al. 2018): the critic cannot run away from the decoder, and its features keep their size.',
      'zh-CN':
        '把判别器的每一层除以它的最大伸缩（谱归一化，Miyato 等，2018）：判别器不会把解码器甩得太远，其特征也保持适当大小。',
    },
    level: 'expert',
  },
  norm: {
    title: { en: 'Normalisation', 'zh-CN': '归一化' },
    help: {
      en: 'Keeps the numbers inside encoder and decoder in size: over the batch, as in the paper, or within each picture, which then looks the same in training and after.',
      'zh-CN':
        '让编码器和解码器内部的数值保持适当大小：batch 按整批计算，与论文相同；layer 和 instance 在每张图片内计算，训练时与训练后一致。',
    },
    level: 'expert',
  },
  gate: {
    title: { en: 'Keep the balance', 'zh-CN': '保持平衡' },
    help: {
      en: 'The critic rests while it is too strong, the decoder while the critic is too weak to teach it.',
      'zh-CN': '判别器过强时暂停；判别器太弱、教不了解码器时，解码器暂停。',
    },
    level: 'expert',
  },
  equilibrium: {
    title: { en: 'Balance point', 'zh-CN': '平衡点' },
    help: {
      en: 'Only with the balance kept: the critic’s loss at which neither side is ahead, in nats. A critic that guesses has log 2 = 0.69.',
      'zh-CN': '仅在保持平衡时使用：双方势均力敌时判别器的损失（奈特）。只靠猜的判别器为 log 2 = 0.69。',
    },
    level: 'expert',
  },
  margin: {
    title: { en: 'Room around the balance point', 'zh-CN': '平衡点周围的余地' },
    help: {
      en: 'Only with the balance kept: how far the critic’s losses may leave the balance point before somebody rests, in nats.',
      'zh-CN': '仅在保持平衡时使用：判别器的损失离平衡点多远（奈特）才暂停一方。',
    },
    level: 'expert',
  },
  averageDecay: {
    title: { en: 'Running mean of the weights', 'zh-CN': '权重的滑动平均' },
    help: {
      en: 'Pictures are drawn with a mean of the latest weights, which is calmer than the game. Nearer 1 looks further back; 0 turns it off.',
      'zh-CN': '用最近权重的平均值来画图，比对抗中的权重更平稳。越接近 1 回看越远；0 表示关闭。',
    },
    level: 'expert',
  },
})

export const settings = { latentSize, architecture, activation, ...own }

export const presets = {
  article: {
    title: { en: 'As in the article', 'zh-CN': '与文章一致' },
    help: {
      en: 'Plain networks picture → 128 → 64 → code → 64 → 128 → picture, judged by pixels, and in turns by a critic picture → 128 → 64 → 1: first the critic, then the generator on new pictures, then both on redrawing.',
      'zh-CN':
        '全连接网络：图片 → 128 → 64 → 编码 → 64 → 128 → 图片，按像素评判，并与判别器（图片 → 128 → 64 → 1）轮流训练：先判别器，再用新图片训练生成器，最后训练重绘。',
    },
  },
}

export const rules = {
  features: {
    en: 'In the paper’s order the critic’s features judge the redrawing. Choose the order “weighted” to judge it by pixels.',
    'zh-CN': '论文的顺序用判别器的特征来评判重绘。若要按像素评判，请选择 weighted 顺序。',
  },
  gateOrder: {
    en: 'In the order “weighted” every network moves in every step.',
    'zh-CN': 'weighted 顺序中每个网络每一步都更新。',
  },
  gateLoss: {
    en: 'The balance is measured in nats, which only the losses “non-saturating” and “minimax” have.',
    'zh-CN': '平衡以奈特衡量，只有 non-saturating 和 minimax 损失才有这个单位。',
  },
  instance: {
    en: 'Instance normalisation is a mean over places, which plain networks (mlp) do not have.',
    'zh-CN': '实例归一化按位置求平均，而全连接网络（mlp）没有位置。',
  },
  featureLayer: {
    en: 'The critic has no such layer: choose one of those it has, or more layers.',
    'zh-CN': '判别器没有这一层：请选择已有的层，或增加层数。',
  },
}

export const parts = {
  reconstruction: {
    title: { en: 'Redrawing error', 'zh-CN': '重绘误差' },
    help: {
      en: 'How differently the critic sees a picture and its redrawing (or how far their pixels are apart). The critic learns to look closer, so this may rise while pictures get better.',
      'zh-CN': '判别器看原图与重绘图有多不同（或像素相差多少）。判别器会越看越细，因此图片变好时它也可能上升。',
    },
    colour: 'plain',
  },
  kl: vae.parts.kl,
  mse: {
    title: { en: 'Difference per pixel', 'zh-CN': '每像素差异' },
    help: {
      en: 'Mean squared difference between pictures and their redrawings. Only shown, not trained on, unless redrawing is judged by pixels.',
      'zh-CN': '原图与重绘图之间的均方差。仅供查看；除非按像素评判重绘，否则不参与训练。',
    },
    colour: 'plain',
  },
  generator: {
    title: { en: 'Fooling the critic', 'zh-CN': '骗过判别器' },
    help: {
      en: 'What the decoder loses where the critic sees through its pictures. Neither side should win for long.',
      'zh-CN': '解码器的图片被判别器识破时的损失。任何一方都不应长期占优。',
    },
    colour: 'made',
  },
  criticReal: {
    title: { en: 'Critic on real pictures', 'zh-CN': '判别器：真实图片' },
    help: {
      en: 'How wrong the critic is about real pictures. Near 0 it is too sure; with non-saturating, 0.69 is guessing.',
      'zh-CN': '判别器对真实图片判断错误的程度。接近 0 说明它过于自信；使用 non-saturating 时，0.69 等于瞎猜。',
    },
    colour: 'real',
  },
  criticMade: {
    title: { en: 'Critic on made pictures', 'zh-CN': '判别器：生成图片' },
    help: {
      en: 'How wrong the critic is about redrawn and new pictures, on average.',
      'zh-CN': '判别器对重绘图和新图判断错误的平均程度。',
    },
    colour: 'critic',
  },
} as const
