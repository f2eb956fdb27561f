import { median } from '../line/median.ts'
import type { Measured } from './load.ts'

export const inBatches = 'inside, batches of 200, 8 callers'
export const light = 'inside, 300 a second'

/** By phase and by name of a line its rounds, in order. */
export interface Runs {
  readonly [phase: string]: { readonly [name: string]: Measured[] }
}

const rateOf = (run: Measured): number => run.events / run.seconds

/** Of each round the ratio to the first of the lines. */
const ratiosOf = (lines: Runs[string], name: string): readonly number[] => {
  const first = Object.values(lines)[0] ?? []
  return lines[name]!.map((run, round) => rateOf(run) / rateOf(first[round]!))
}

/** Medians over rounds; the ratio with its smallest and largest. */
export function tableOf(runs: Runs): readonly string[] {
  const rows = Object.entries(runs).flatMap(([phase, lines]) =>
    Object.entries(lines).map(([name, own]) => {
      const of = (value: (run: Measured) => number, digits = 0): string => median(own.map(value)).toFixed(digits)
      const ratios = ratiosOf(lines, name)
      const each = own.some(run => Number.isNaN(run.findings))
        ? ''
        : `${of(run => run.findings / run.events, 2)}, ${of(run => run.decisions / run.events, 2)}`
      const cells = [
        phase,
        name,
        of(rateOf),
        `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`,
        `${of(run => run.ms.p50, 1)} / ${of(run => run.ms.p95, 1)} / ${of(run => run.ms.p99, 1)}`,
        of(run => run.nodeUs / run.events),
        of(run => run.postgresUs / run.events),
        of(run => run.logBytes / run.events),
        each,
        of(run => run.otherCores, 2),
      ]
      return `| ${cells.join(' | ')} |`
    }),
  )
  return [
    '| phase | what | events/s | beside the first | p50 / p95 / p99, ms | us of Surety an event | us of PostgreSQL | log, bytes | findings, decisions an event | others, cores |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ]
}

export interface Bar {
  readonly what: string
  readonly found: string
  readonly met: boolean
}

/** The promises, of the run with an empty and a filled database; those of phases that were left out are left out. */
export function barsOf(runs: Runs): readonly Bar[] {
  const bars: Bar[] = []
  const [batches, singles] = [runs[inBatches], runs[light]]
  if (batches !== undefined) {
    const rate = median(batches['empty']!.map(rateOf))
    const kept = median(ratiosOf(batches, 'filled'))
    bars.push({ what: 'at least 3,000 events/s', found: rate.toFixed(0), met: rate >= 3_000 })
    bars.push({ what: 'beside a filled database at least .9 of it', found: kept.toFixed(2), met: kept >= 0.9 })
  }
  if (singles !== undefined) {
    const p95 = median(singles['empty']!.map(({ ms }) => ms.p95))
    bars.push({ what: 'p95 at 300 a second below 50 ms', found: `${p95.toFixed(1)} ms`, met: p95 < 50 })
  }
  return bars
}
