import type { ReportInput } from '../report-input.ts'

/** Share of yes among the first and the last tenth of the decisions with a known outcome. */
export interface BaseRate {
  readonly n: number
  readonly yes: number
  readonly tenth: number
  readonly first: number
  readonly last: number
}

/** null below 1,000 known outcomes: a tenth would say too little. */
export function baseRate({ outcome }: ReportInput): BaseRate | null {
  const known = outcome.filter(value => value === 0 || value === 1)
  if (known.length < 1000) return null
  const tenth = Math.floor(known.length / 10)
  const count = (part: Int8Array): number => part.reduce((sum, value) => sum + value, 0)
  return {
    n: known.length,
    yes: count(known),
    tenth,
    first: count(known.subarray(0, tenth)) / tenth,
    last: count(known.subarray(known.length - tenth)) / tenth,
  }
}
