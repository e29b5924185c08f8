/** The texts of the training settings that every recipe shares, and their schema with them. */
import { z } from 'zod'
import { TrainingSettings } from '../contract/nouns'
import type { Text } from './define'

const texts: Record<keyof TrainingSettings, { title: Text; help: Text }> = {
  optimizer: {
    title: { en: 'Optimiser', 'zh-CN': '优化器' },
    help: {
      en: 'The rule that turns gradients into updates. Adam works well almost everywhere.',
      'zh-CN': '把梯度变成更新的规则。Adam 几乎在所有情况下都表现良好。',
    },
  },
  learningRate: {
    title: { en: 'Learning rate', 'zh-CN': '学习率' },
    help: {
      en: 'The size of each update. Too large becomes unstable, too small learns slowly.',
      'zh-CN': '每次更新的幅度。太大会不稳定，太小则学得慢。',
    },
  },
  batchSize: {
    title: { en: 'Batch size', 'zh-CN': '批大小' },
    help: {
      en: 'Items looked at before each update. Larger is steadier and needs more memory.',
      'zh-CN': '每次更新前查看的样本数。越大越平稳，也更占内存。',
    },
  },
  momentum: {
    title: { en: 'Momentum', 'zh-CN': '动量' },
    help: {
      en: 'Only for “momentum”: the share of the last update that is carried on.',
      'zh-CN': '仅用于 momentum：上一次更新中保留下来的比例。',
    },
  },
  beta1: {
    title: { en: 'Memory of gradients (β₁)', 'zh-CN': '梯度的记忆（β₁）' },
    help: {
      en: 'Only for Adam and AdamW: how long the mean of the gradients is remembered.',
      'zh-CN': '仅用于 Adam 和 AdamW：梯度均值的记忆时长。',
    },
  },
  beta2: {
    title: { en: 'Memory of squares (β₂)', 'zh-CN': '平方的记忆（β₂）' },
    help: {
      en: 'Only for Adam and AdamW: how long the mean of the squared gradients is remembered.',
      'zh-CN': '仅用于 Adam 和 AdamW：梯度平方均值的记忆时长。',
    },
  },
  l1: {
    title: { en: 'L1 penalty', 'zh-CN': 'L1 惩罚' },
    help: {
      en: 'Adds this × the sum of the weights’ sizes to the loss, which drives some to zero.',
      'zh-CN': '在损失中加上该值 × 权重绝对值之和，使部分权重趋于零。',
    },
  },
  l2: {
    title: { en: 'L2 penalty', 'zh-CN': 'L2 惩罚' },
    help: {
      en: 'Adds half of this × the sum of the squared weights to the loss, which keeps them small.',
      'zh-CN': '在损失中加上该值的一半 × 权重平方和，使权重保持较小。',
    },
  },
  weightDecay: {
    title: { en: 'Weight decay', 'zh-CN': '权重衰减' },
    help: {
      en: 'Only for AdamW: shrinks the weights a little in each step, apart from the gradient.',
      'zh-CN': '仅用于 AdamW：每一步独立于梯度地略微缩小权重。',
    },
  },
  clipNorm: {
    title: { en: 'Gradient clipping', 'zh-CN': '梯度裁剪' },
    help: {
      en: 'The largest length of all gradients together; longer ones are shortened. 0 turns it off.',
      'zh-CN': '所有梯度合起来的最大长度，超过则缩短。0 表示关闭。',
    },
  },
}

/** JSON Schema of the training settings, each property with its `title`, `help` and `level`. */
export function trainingSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(TrainingSettings, { io: 'input' }) as { properties: Record<string, object> }
  for (const [name, text] of Object.entries(texts)) Object.assign(schema.properties[name]!, text)
  return schema
}
