import { basename, join, resolve } from 'node:path'
import type { Fate, RawEvent } from '@surety/contract'
import { atTheStart } from '../replay/checkpoint.ts'
import { type CsvPlan, type CsvWish, planCsv } from '../replay/csv-plan.ts'
import { csvSource, misfitWarnings } from '../replay/csv-source.ts'
import { fingerprintOf } from '../replay/fingerprint.ts'
import { type Progress, replayHistory } from '../replay/replay-history.ts'
import { type Report, type ReportColumn, reportOf } from '../replay/report/report-data.ts'
import { writeReport } from '../replay/report/write-report.ts'
import type { NightVerdict, ResultRow, World } from '../replay/world.ts'
import { openReplay } from './open-replay.ts'

export interface ReplayWish extends CsvWish {
  readonly delayMs: number
  readonly seed: string
  readonly out: string
}

export interface ReplayDeps {
  /** A server of yours; null: the embedded one. */
  readonly databaseUrl: string | null
  readonly minAuc: number
  readonly now: () => Date
  readonly monotonicMs: () => number
  readonly signal?: AbortSignal
  readonly onPlan?: (plan: CsvPlan) => void
  readonly onNote?: (sentence: string) => void
  readonly onFirst?: (raw: RawEvent, fate: Fate) => void
  readonly onProgress?: (progress: Progress) => void
  readonly onNight?: (night: NightVerdict) => void
}

export type ReplayEnd =
  | { readonly finished: true; readonly report: Report; readonly page: string; readonly numbers: string }
  | { readonly finished: false; readonly events: number }

/** Changes when the meaning of a checkpoint does: an older one is not gone on with. */
const format = 1
const pod = 'table'
const tenant = 'replay'
const kinds = { ask: 'row.recorded', answer: 'row.outcome' }

/** A file through the line on a database of its own, and a report of what it showed. @throws CsvError, ReplayError */
export async function replayFile(wish: ReplayWish, deps: ReplayDeps): Promise<ReplayEnd> {
  const startedMs = deps.monotonicMs()
  const plan = await planCsv(wish)
  const planMs = deps.monotonicMs() - startedMs
  deps.onPlan?.(plan)
  const { file, out, ...options } = wish
  const fingerprint = await fingerprintOf(file, { ...options, format, minAuc: deps.minAuc })
  const later = plan.columns.filter(({ use }) => use === 'known_later').map(({ name }) => name)
  const columns = plan.columns.filter(({ use }) => use === 'feature').map(({ name, kind }) => ({ name, kind }))
  const place = { databaseUrl: deps.databaseUrl, folder: resolve(join(out, '.replay')), fingerprint }
  await using opened = await openReplay(place, {
    pod,
    tenant,
    seed: wish.seed,
    minAuc: deps.minAuc,
    settings: { columns, known_later: later },
    monotonicMs: deps.monotonicMs,
  })
  for (const note of opened.notes) deps.onNote?.(note)
  const { source, misfits } = csvSource(plan, tenant, wish.delayMs, kinds)
  const { finished, state } = await replayHistory(source, opened.world, {
    from: opened.checkpoint ?? atTheStart(fingerprint),
    monotonicMs: deps.monotonicMs,
    // Its first reading of the file counts, the start of the database does not.
    startedMs: deps.monotonicMs() - planMs,
    ...(deps.signal ? { signal: deps.signal } : {}),
    ...(deps.onProgress ? { onProgress: deps.onProgress } : {}),
    ...(deps.onFirst ? { onFirst: deps.onFirst } : {}),
    ...(deps.onNight ? { onNight: deps.onNight } : {}),
  }).catch(error => {
    // What was written so far is of no use to anybody.
    opened.forget()
    throw error
  })
  if (!finished) return { finished, events: state.events }
  const report = reportOf({
    title: basename(file),
    rows: await allRows(opened.world),
    events: state.events,
    outcomes: state.outcomes,
    nights: state.nights,
    nightsRun: state.nightsRun,
    nightsSkipped: state.nightsSkipped,
    columns: plan.columns.map(reportColumn),
    warnings: [...plan.warnings, ...misfitWarnings(misfits)],
    options: {
      label: wish.label,
      time: wish.time,
      positive: wish.positive,
      subject: wish.subject,
      delay_days: wish.delayMs / 86_400_000,
      seed: wish.seed,
      min_auc: deps.minAuc,
    },
    runAt: deps.now(),
    lineSeconds: state.lineSeconds,
    learningSeconds: state.learningSeconds,
  })
  const written = await writeReport(out, report)
  opened.forget()
  return { finished, report, ...written }
}

export async function allRows(world: World, ours: (eventId: string) => boolean = () => true): Promise<ResultRow[]> {
  const rows: ResultRow[] = []
  for await (const page of world.results()) for (const row of page) if (ours(row.eventId)) rows.push(row)
  return rows
}

const reportColumn = ({ name, kind, use, because, missingShare }: CsvPlan['columns'][number]): ReportColumn => ({
  name,
  kind,
  use,
  because,
  missing_share: missingShare,
})
