import type { ReportInput } from '../report/report-input.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { CsvPlan } from './csv-plan.ts'
import type { ResultRow, World } from './world.ts'

type FromRecord =
  | 'events'
  | 'decisions'
  | 'outcomes'
  | 'period'
  | 'reasons'
  | 'settled'
  | 'actions'
  | 'asked'
  | 'suspensions'
  | 'others'
  | 'at'
  | 'probability'
  | 'actingProbability'
  | 'outcome'
  | 'models'
  | 'nights'
  | 'lineSeconds'
  | 'learningSeconds'
  | 'latencyUs'

/** What a report says of decisions is read from the record that the line left, not from what the replay remembers. */
export async function reportOf(
  world: World,
  state: Checkpoint,
  about: Omit<ReportInput, FromRecord>,
  isOurs: (eventId: string) => boolean = () => true,
): Promise<ReportInput> {
  const rows: ResultRow[] = []
  for await (const page of world.results()) for (const row of page) if (isOurs(row.eventId)) rows.push(row)
  const reasons: { [reason: string]: number } = {}
  for (const { reason } of rows) reasons[reason] = (reasons[reason] ?? 0) + 1
  const { actions, suspensions } = await world.autonomy()
  const places = new Map(actions.map(({ action }, place) => [action, place]))
  const moment = (row: ResultRow | undefined): string => new Date(row?.at ?? 0).toISOString()
  return {
    ...about,
    events: state.events,
    decisions: rows.length,
    outcomes: state.outcomes,
    period: { from: moment(rows[0]), to: moment(rows.at(-1)) },
    reasons,
    at: Float64Array.from(rows, row => row.at),
    probability: Float64Array.from(rows, row => row.probability ?? Number.NaN),
    actingProbability: Float64Array.from(rows, row => row.actingProbability ?? Number.NaN),
    outcome: Int8Array.from(rows, row => row.label ?? -1),
    settled: Int8Array.from(rows, row => (row.automatic ? (places.get(row.action) ?? -1) : -1)),
    actions,
    asked: rows.filter(row => row.state === 'queued').length,
    suspensions,
    others: [],
    models: state.nights,
    nights: { run: state.nightsRun, skipped: state.nightsSkipped },
    lineSeconds: state.lineSeconds,
    learningSeconds: state.learningSeconds,
    latencyUs: latencyOf(rows),
  }
}

function latencyOf(rows: readonly ResultRow[]): ReportInput['latencyUs'] {
  if (rows.length === 0) return null
  const sorted = Float64Array.from(rows, row => row.latencyUs).sort()
  const quantile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return { p50: quantile(0.5), p99: quantile(0.99) }
}

/** Examples are only shown of what is learned from: names and free text of a file stay out of its report. */
export function reportColumns(plan: CsvPlan): ReportInput['columns'] {
  return plan.columns.map(({ name, kind, use, missingShare, distinct, examples }) => ({
    name,
    kind,
    role: use === 'left_out' ? 'ignored' : use,
    missingShare,
    distinct,
    examples: use === 'feature' ? examples : [],
  }))
}
