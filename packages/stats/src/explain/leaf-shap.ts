/**
 * Shapley values of one leaf: how much each of the m features on its path adds, beyond what the leaf adds on average.
 *
 * With the features of a set S known, the leaf counts for value·Π(i in S) o_i·Π(i not in S) z_i, where o_i says whether
 * the row passes all splits of feature i on the path and z_i is the share of training evidence that does. Averaging over
 * all orders of features, φ_j = value·(o_j - z_j)·Σ_k k!(m-1-k)!/m!·[t^k] Π(i ≠ j)(z_i + o_i·t).
 * @param ratios z per feature
 * @param mask   o: bit j is set when the row passes all splits of feature j
 * @param out    m numbers from `at` on are added to
 * @see Lundberg 2018 (path-dependent TreeSHAP); Yu 2022 (the polynomial form)
 */
export function addLeafShap(
  value: number,
  ratios: ArrayLike<number>,
  mask: number,
  out: Float64Array,
  at: number,
): void {
  const m = ratios.length
  const terms = new Float64Array(m)
  for (let j = 0; j < m; j++) {
    const lift = ((mask >> j) & 1) - ratios[j]!
    if (lift === 0) continue
    terms.fill(0)
    terms[0] = 1
    let degree = 0
    for (let i = 0; i < m; i++) {
      if (i === j) continue
      const z = ratios[i]!
      if (((mask >> i) & 1) === 0) for (let k = 0; k <= degree; k++) terms[k]! *= z
      else {
        degree++
        for (let k = degree; k > 0; k--) terms[k] = terms[k]! * z + terms[k - 1]!
        terms[0]! *= z
      }
    }
    let sum = 0
    // 1/(m·C(m-1, k)) = k!(m-1-k)!/m!
    for (let k = 0, weight = 1 / m; k <= degree; k++) {
      sum += weight * terms[k]!
      weight *= (k + 1) / (m - 1 - k)
    }
    out[at + j]! += value * lift * sum
  }
}
