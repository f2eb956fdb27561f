import { existsSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Fate } from '@surety/contract'
import { atTheStart } from '../replay/checkpoint.ts'
import { type CsvPlan, type CsvWish, planCsv } from '../replay/csv-plan.ts'
import { csvSource, misfitWarnings } from '../replay/csv-source.ts'
import { fingerprintOf } from '../replay/fingerprint.ts'
import { type Progress, replayHistory } from '../replay/replay-history.ts'
import { reportColumns, reportOf } from '../replay/report-of.ts'
import type { NightVerdict } from '../replay/world.ts'
import { writeReport } from '../replay/write-report.ts'
import type { ReportInput } from '../report/report-input.ts'
import { openReplay } from './open-replay.ts'

export interface ReplayWish extends CsvWish {
  readonly delayMs: number
  readonly seed: number
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
  readonly onFirst?: (fate: Fate) => void
  readonly onProgress?: (progress: Progress) => void
  readonly onNight?: (night: NightVerdict) => void
}

export type ReplayEnd =
  | { readonly finished: true; readonly report: ReportInput; readonly page: string; readonly numbers: string }
  | { readonly finished: false; readonly events: number }

/** Changes when the meaning of a checkpoint does: an older one is not gone on with. */
const format = 1
const pod = 'table'
const tenant = 'replay'
const kinds = { ask: 'row.recorded', answer: 'row.outcome' }

/** A file through the line on a database of its own, and a report of what it showed. @throws CsvError, ReplayError */
export async function replayFile(wish: ReplayWish, deps: ReplayDeps): Promise<ReplayEnd> {
  const wasThere = existsSync(wish.out)
  try {
    return await replayOpened(wish, deps)
  } catch (error) {
    // Only where it was made for nothing: a folder with something in it stays.
    if (!wasThere) await rmdir(wish.out).catch(() => {})
    throw error
  }
}

async function replayOpened(wish: ReplayWish, deps: ReplayDeps): Promise<ReplayEnd> {
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
  const report = await reportOf(opened.world, state, {
    title: basename(file),
    pod,
    label: wish.label,
    positive: plan.labels.positive,
    timeColumn: wish.time,
    delayMs: wish.delayMs,
    seed: wish.seed,
    columns: reportColumns(plan),
    warnings: [...plan.warnings, ...misfitWarnings(misfits)],
    runAt: deps.now().toISOString(),
  })
  const written = await writeReport(out, report)
  opened.forget()
  return { finished, report, ...written }
}
