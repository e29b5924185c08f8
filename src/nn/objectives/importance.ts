/**
 * log p(x) by importance sampling from the posterior (Burda et al. 2016, eq. 8; Rezende et al. 2014, appendix E). In expectation a
 * lower bound that rises with the number of samples; with one sample it is the ELBO.
 */

/**
 * log (1/K · Σ e^w) of each row of log weights log p(x, z) − log q(z | x), [n, samples] → [n] in float64, safe from overflow.
 * A weight of −∞ counts as nought.
 */
export function logMeanExp(logWeights: ArrayLike<number>, samples: number): Float64Array {
  return Float64Array.from({ length: logWeights.length / samples }, (_, row) => {
    let most = -Infinity
    for (let k = 0; k < samples; k++) most = Math.max(most, logWeights[row * samples + k]!)
    if (most === -Infinity) return most
    let sum = 0
    for (let k = 0; k < samples; k++) sum += Math.exp(logWeights[row * samples + k]! - most)
    return most + Math.log(sum / samples)
  })
}
