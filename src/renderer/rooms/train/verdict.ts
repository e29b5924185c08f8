/** One sentence on a model's scores beside those of real pictures. */
import type { Space } from '../../../contract/quality'

export type Verdict = 'stuck' | 'strange' | 'narrow' | 'close' | 'between'

/** Collapse shows in recall and coverage alone, noise and blur in density: neither is seen in precision by itself. */
export function verdictOf({ made, real }: Pick<Space, 'made' | 'real'>): Verdict {
  const share = (name: 'precision' | 'recall' | 'density' | 'coverage') => made[name] / Math.max(1e-9, real[name])
  if (made.recall < 0.1 && made.coverage < 0.1) return made.precision < 0.1 ? 'strange' : 'stuck'
  if (share('density') < 0.3) return 'strange'
  if (share('coverage') > 0.9 && share('recall') > 0.8 && share('precision') > 0.9) return 'close'
  if (share('precision') > 0.8 && (share('coverage') < 0.6 || share('recall') < 0.6)) return 'narrow'
  return 'between'
}
