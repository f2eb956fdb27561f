import { type AucInterval, aucInterval, type Refusal } from '@surety/stats'
import type { ScoredDecisions } from './scored-decisions.ts'

export interface AucWindow {
  /** Epoch milliseconds of its first and its last decision. */
  readonly from: number
  readonly to: number
  readonly n: number
  readonly positives: number
  readonly auc: AucInterval | Refusal
}

const mostWindows = 20
/** Fewer, and the interval is so wide that a point in a plot would mislead. */
const fewestOfEachClass = 30
/** Aimed at, so that windows of a moving base rate still reach the fewest. */
const wantedOfEachClass = 60

/** The history cut into windows of equal count: as many as the rarer outcome can carry, at most 20. */
export function aucOverTime(scored: ScoredDecisions): readonly AucWindow[] {
  const { at, p, y } = scored
  const n = y.length
  if (n === 0) return []
  const positives = sum(y)
  const rarer = Math.min(positives, n - positives)
  const windows = Math.max(1, Math.min(mostWindows, Math.floor(rarer / wantedOfEachClass)))
  return Array.from({ length: windows }, (_, k) => {
    const [start, end] = [Math.floor((k * n) / windows), Math.floor(((k + 1) * n) / windows)]
    const labels = y.subarray(start, end)
    return {
      from: at[start]!,
      to: at[end - 1]!,
      n: labels.length,
      positives: sum(labels),
      auc: windowAuc(p.subarray(start, end), labels),
    }
  })
}

function windowAuc(p: Float64Array, y: Uint8Array): AucInterval | Refusal {
  const positives = sum(y)
  const have = Math.min(positives, y.length - positives)
  if (have >= fewestOfEachClass) return aucInterval(p, y)
  const detail = `${fewestOfEachClass} cases of each outcome are needed for a window, this one has ${have} of the rarer`
  return { ok: false, code: 'too_few', have, need: fewestOfEachClass, detail }
}

const sum = (values: Uint8Array): number => values.reduce((total, value) => total + value, 0)
