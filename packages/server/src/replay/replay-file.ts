import { existsSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { EventResult, JsonObject, Pod, PodHistory } from '@surety/contract'
import { openReplay } from '../app/open-replay.ts'
import { pods } from '../pods.ts'
import type { ReportInput } from '../report/report-input.ts'
import { type BudgetWish, budgetSetting } from './budget-setting.ts'
import { atTheStart } from './checkpoint.ts'
import { type CsvPlan, type CsvWish, planCsv } from './csv-plan.ts'
import { csvSource, misfitWarnings } from './csv-source.ts'
import { fingerprintOf } from './fingerprint.ts'
import { ReplayError } from './replay-error.ts'
import { type Progress, replayHistory } from './replay-history.ts'
import { reportColumns, reportOf } from './report-of.ts'
import type { NightVerdict } from './world.ts'
import { writeReport } from './write-report.ts'

export interface ReplayWish extends CsvWish {
  readonly delayMs: number
  readonly seed: number
  readonly out: string
  /** Name of the pod that decides about the rows. */
  readonly pod: string
  readonly budgets: readonly BudgetWish[]
}

export interface ReplayHost {
  /** A server of yours; null: the embedded one. */
  readonly databaseUrl: string | null
  readonly minAuc: number
  readonly now: () => Date
  readonly monotonicMs: () => number
  readonly signal?: AbortSignal
  readonly onPlan?: (plan: CsvPlan) => void
  readonly onNote?: (sentence: string) => void
  readonly onFirst?: (eventResult: EventResult) => void
  readonly onProgress?: (progress: Progress) => void
  readonly onNight?: (night: NightVerdict) => void
}

export type ReplayEnd =
  | { readonly finished: true; readonly report: ReportInput; readonly page: string; readonly numbers: string }
  | { readonly finished: false; readonly events: number }

/** Changes when the meaning of a checkpoint does: an older one is not gone on with. */
const format = 3
const tenant = 'replay'

/** A file through the line on a database of its own, and a report of what it showed. @throws CsvError, ReplayError */
export async function replayFile(wish: ReplayWish, deps: ReplayHost): Promise<ReplayEnd> {
  const wasThere = existsSync(wish.out)
  try {
    return await replayOpened(wish, deps)
  } catch (error) {
    // Only where it was made for nothing: a folder with something in it stays.
    if (!wasThere) await rmdir(wish.out).catch(() => {})
    throw error
  }
}

async function replayOpened(wish: ReplayWish, deps: ReplayHost): Promise<ReplayEnd> {
  const { pod, history } = replayable(wish.pod)
  const autonomy = budgetSetting(pod.questions[0], wish.budgets)
  const startedMs = deps.monotonicMs()
  const plan = await planCsv(wish)
  const planMs = deps.monotonicMs() - startedMs
  deps.onPlan?.(plan)
  const { file, out, ...options } = wish
  const fingerprint = await fingerprintOf(file, { ...options, format, minAuc: deps.minAuc })
  const settings = { ...settingsFor(plan, history), autonomy }
  const place = { databaseUrl: deps.databaseUrl, folder: resolve(join(out, '.replay')), fingerprint }
  await using opened = await openReplay(place, {
    pod: pod.name,
    tenant,
    seed: wish.seed,
    minAuc: deps.minAuc,
    settings,
    monotonicMs: deps.monotonicMs,
  })
  for (const note of opened.notes) deps.onNote?.(note)
  const { source, misfits } = csvSource(plan, tenant, wish.delayMs, history)
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
    pod: pod.name,
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

/** The pod of that name, if files can be replayed for it. */
function replayable(name: string): { readonly pod: Pod; readonly history: PodHistory } {
  const all = pods.flatMap(pod => (pod.history === null ? [] : [{ pod, history: pod.history }]))
  const found = all.find(({ pod }) => pod.name === name)
  if (found !== undefined) return found
  const known = all.map(({ pod }) => pod.name).join(' and ')
  throw new ReplayError('no_such_pod', `--pod ${name}: files can be replayed for ${known}.`)
}

function settingsFor(plan: CsvPlan, history: PodHistory): { readonly [name: string]: JsonObject } {
  const columns = (use: 'feature' | 'known_later') => plan.columns.filter(column => column.use === use)
  const read = history.settings(columns('feature'), columns('known_later'))
  if (!read.ok) throw new ReplayError(read.code, read.sentence)
  return read.settings
}
