/**
 * The area under the receiver operating characteristic: the chance that an odd item has a higher score than a usual one, ties
 * counting half (Hanley & McNeil 1982, from the ranks of Mann & Whitney 1947). 0.5 is guessing, 1 parts them all.
 */
export function auroc(usual: readonly number[], odd: readonly number[]): number {
  const all = [...usual.map((score) => ({ score, odd: 0 })), ...odd.map((score) => ({ score, odd: 1 }))]
  all.sort((a, b) => a.score - b.score)
  let ranks = 0
  for (let from = 0; from < all.length;) {
    let to = from
    let odds = 0
    while (to < all.length && all[to]!.score === all[from]!.score) odds += all[to++]!.odd
    // Equal scores share the mean of their ranks, which are from + 1 … to.
    ranks += (odds * (from + 1 + to)) / 2
    from = to
  }
  return (ranks - (odd.length * (odd.length + 1)) / 2) / (odd.length * usual.length)
}
