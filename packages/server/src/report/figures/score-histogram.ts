import type { ReportInput } from '../report-input.ts'

export interface ScoreBin {
  readonly from: number
  readonly to: number
  readonly yes: number
  readonly no: number
  /** Scored, outcome not known. */
  readonly unknown: number
}

const bins = 40

/** How often which probability was said, by what came of it. The last bin includes 1. */
export function scoreHistogram({ probability, outcome }: ReportInput): readonly ScoreBin[] {
  const counts = { yes: new Float64Array(bins), no: new Float64Array(bins), unknown: new Float64Array(bins) }
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i]!
    if (Number.isNaN(p)) continue
    const of = outcome[i] === 1 ? counts.yes : outcome[i] === 0 ? counts.no : counts.unknown
    of[Math.max(0, Math.min(bins - 1, Math.floor(p * bins)))]!++
  }
  return Array.from({ length: bins }, (_, k) => ({
    from: k / bins,
    to: (k + 1) / bins,
    yes: counts.yes[k]!,
    no: counts.no[k]!,
    unknown: counts.unknown[k]!,
  }))
}
