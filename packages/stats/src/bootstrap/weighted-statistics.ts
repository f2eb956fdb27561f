import { ascendingOrder } from '../sort-order.ts'
import type { WeightedStatistic } from './subject-bootstrap.ts'

// Each function prepares once (ranks, losses) and answers for many weightings. Input must be checked: equal lengths,
// finite scores, labels 0 and 1. An answer of NaN says that the statistic does not exist for these weights.

/** Weighted mean of one value per row (a loss, a difference of losses). */
export function weightedMean(values: Float64Array): WeightedStatistic {
  return weights => {
    let sum = 0
    let total = 0
    for (let i = 0; i < values.length; i++) {
      sum += weights[i]! * values[i]!
      total += weights[i]!
    }
    return sum / total
  }
}

/** Sorted once: labels in ascending order of score, the rows they come from, and where groups of equal scores end. */
function ranked(scores: Float64Array, y: Uint8Array) {
  const order = ascendingOrder(scores)
  const n = order.length
  const labels = new Uint8Array(n)
  const groupEnds = new Uint8Array(n)
  for (let k = 0; k < n; k++) {
    labels[k] = y[order[k]!]!
    groupEnds[k] = k + 1 === n || scores[order[k + 1]!]! !== scores[order[k]!]! ? 1 : 0
  }
  return { order, labels, groupEnds, n }
}

/** Weighted ROC AUC, ties counting half. */
export function weightedAuc(scores: Float64Array, y: Uint8Array): WeightedStatistic {
  const { order, labels, groupEnds, n } = ranked(scores, y)
  return weights => {
    let pairs = 0
    let positives = 0
    let negatives = 0
    let tiedPositives = 0
    let tiedNegatives = 0
    for (let k = 0; k < n; k++) {
      const weight = weights[order[k]!]!
      if (labels[k] === 1) tiedPositives += weight
      else tiedNegatives += weight
      if (groupEnds[k] === 1) {
        pairs += tiedPositives * (negatives + tiedNegatives / 2)
        positives += tiedPositives
        negatives += tiedNegatives
        tiedPositives = 0
        tiedNegatives = 0
      }
    }
    return pairs / positives / negatives
  }
}

/** Weighted average precision, groups of equal scores entering together. */
export function weightedAveragePrecision(scores: Float64Array, y: Uint8Array): WeightedStatistic {
  const { order, labels, groupEnds, n } = ranked(scores, y)
  return weights => {
    let sum = 0
    let hits = 0
    let rows = 0
    let tiedHits = 0
    for (let k = n - 1; k >= 0; k--) {
      const weight = weights[order[k]!]!
      rows += weight
      if (labels[k] === 1) tiedHits += weight
      if (k === 0 || groupEnds[k - 1] === 1) {
        hits += tiedHits
        if (tiedHits > 0) sum += tiedHits * (hits / rows)
        tiedHits = 0
      }
    }
    return sum / hits
  }
}

/** Weighted Brier score. */
export function weightedBrier(p: Float64Array, y: Uint8Array): WeightedStatistic {
  return weightedMean(p.map((value, i) => (value - y[i]!) ** 2))
}

/** Log loss of each row, probabilities clipped to [1e-15, 1 - 1e-15]. */
export function logLosses(p: Float64Array, y: Uint8Array): Float64Array {
  return p.map((value, i) => {
    const q = Math.min(1 - 1e-15, Math.max(1e-15, value))
    return y[i] === 1 ? -Math.log(q) : -Math.log1p(-q)
  })
}

/** Weighted log loss. */
export function weightedLogLoss(p: Float64Array, y: Uint8Array): WeightedStatistic {
  return weightedMean(logLosses(p, y))
}

/** Weighted Brier skill against always saying the (weighted) base rate. */
export function weightedBrierSkill(p: Float64Array, y: Uint8Array): WeightedStatistic {
  const loss = weightedBrier(p, y)
  const share = weightedMean(Float64Array.from(y))
  return weights => {
    const base = share(weights)
    return 1 - loss(weights) / (base * (1 - base))
  }
}

/** Weighted share of class 1. */
export function weightedShare(y: Uint8Array): WeightedStatistic {
  return weightedMean(Float64Array.from(y))
}
