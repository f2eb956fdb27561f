import { certifyRecord, checkVersion, countRows, noCounts, recordCuts, rng } from '@surety/stats'
import { median } from '../line/median.ts'

const budgets = { alpha: 0.1, beta: 0.2 }
const starts = [
  { cut: 40, weight: 0.3 },
  { cut: 20, weight: 0.7 },
]
const labelBarUs = 2
const lookBarMs = 1

/** Prints what the pure kernel costs: a label counted, a record looked at, a version checked. @returns were the bars met? */
export function kernelBars(rounds: number): boolean {
  const draw = rng('kernel bench')
  const n = 100_000
  const cuts = Int8Array.from({ length: n }, () => draw.int(65) - 1)
  const y = Uint8Array.from({ length: n }, () => (draw.uniform() < 0.05 ? 1 : 0))
  const counts = countRows(noCounts, { cuts, y }, 'no')
  const scores = Float64Array.from({ length: 2000 }, () => draw.uniform())
  const labels = scores.map(p => (draw.uniform() < p ? 1 : 0))
  const cutsOf = recordCuts(scores, 'no')
  if (!cutsOf.ok) throw new Error(cutsOf.detail)
  const meets = Uint8Array.from(scores, p => (p < 0.5 ? 1 : 0))
  const found = [
    row('a label counted', rounds, n, () => countRows(noCounts, { cuts, y }, 'no'), labelBarUs),
    row(
      'a look at a record, both budgets',
      rounds,
      500,
      () => repeat(500, () => certifyRecord(counts, starts, budgets, 0.05)),
      1000 * lookBarMs,
    ),
    row(
      'a check of a version on 2,000 rows',
      rounds,
      50,
      () => repeat(50, () => checkVersion(scores, Uint8Array.from(labels), cutsOf, budgets, meets)),
      null,
    ),
  ]
  return found.every(Boolean)
}

function repeat(times: number, work: () => unknown): void {
  for (let i = 0; i < times; i++) work()
}

function row(name: string, rounds: number, by: number, work: () => unknown, barUs: number | null): boolean {
  work()
  const us = median(
    Array.from({ length: rounds }, () => {
      const startedMs = performance.now()
      work()
      return (1000 * (performance.now() - startedMs)) / by
    }),
  )
  const met = barUs === null || us < barUs
  console.log(
    `| ${name} | ${us.toFixed(us < 10 ? 3 : 0)} | ${barUs ?? '-'} | ${barUs === null ? '-' : met ? 'met' : 'NO'} |`,
  )
  return met
}
