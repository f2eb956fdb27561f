import { existsSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { EventResult, JsonObject, Pod, PodHistory } from '@surety/contract'
import { openReplay, type ReplayPlace, removeReplay } from '../app/open-replay.ts'
import { pods } from '../pods.ts'
import type { ReportInput } from '../report/report-input.ts'
import { type BudgetWish, budgetRuns, budgetSetting, budgetWords } from './budget-setting.ts'
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
  /** Those of one action are replayed one after the other. */
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
const format = 4
const tenant = 'replay'

/** A file through the line on a database of its own, once for each set of budgets, and a report of what it showed. @throws CsvError, ReplayError */
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
  if (wish.windowDays !== null && pod.questions[0].silence === undefined)
    throw new ReplayError('no_silence', `--window: silence says nothing of a case of the pod ${pod.name}.`)
  const runs = budgetRuns(wish.budgets).map(budgets => ({
    budgets,
    autonomy: budgetSetting(pod.questions[0], budgets),
  }))
  const startedMs = deps.monotonicMs()
  const plan = await planCsv(wish)
  const planMs = deps.monotonicMs() - startedMs
  deps.onPlan?.(plan)
  const { file, out, ...options } = wish
  const settings = settingsFor(plan, history, wish.windowDays)
  const places: ReplayPlace[] = []
  const reports: ReportInput[] = []
  try {
    for (const [k, { budgets, autonomy }] of runs.entries()) {
      if (runs.length > 1) deps.onNote?.(`Budgets ${k + 1} of ${runs.length}: ${budgetWords(budgets)}.`)
      const fingerprint = await fingerprintOf(file, { ...options, budgets, format, minAuc: deps.minAuc })
      const place = { databaseUrl: deps.databaseUrl, folder: replayFolder(out, k), fingerprint }
      places.push(place)
      const run = { pod, plan, history, place, settings: { ...settings, autonomy }, planMs: k === 0 ? planMs : 0 }
      // Nights are the same with any budgets: they are told once.
      const { onNight: _night, onFirst: _first, ...others } = deps
      const done = await replayOnce(wish, run, k === 0 ? deps : others)
      if (!done.finished) return done
      reports.push(done.report)
    }
  } catch (error) {
    await removeReplays(places)
    throw error
  }
  const [first, ...others] = reports
  const report = { ...first!, others }
  const written = await writeReport(out, report)
  await removeReplays(places)
  return { finished: true, report, ...written }
}

/** A folder for each set of budgets: what is finished waits for the others, also over an interruption. */
const replayFolder = (out: string, run: number): string =>
  resolve(join(out, run === 0 ? '.replay' : `.replay-${run + 1}`))

async function removeReplays(places: readonly ReplayPlace[]): Promise<void> {
  for (const place of places) await removeReplay(place)
}

interface OneRun {
  readonly pod: Pod
  readonly plan: CsvPlan
  readonly history: PodHistory
  readonly place: ReplayPlace
  readonly settings: { readonly [name: string]: JsonObject }
  /** Its first reading of the file counts, the start of the database does not. */
  readonly planMs: number
}

type OneEnd =
  | { readonly finished: true; readonly report: ReportInput }
  | { readonly finished: false; readonly events: number }

/** The whole history with one set of budgets; its database stays. */
async function replayOnce(wish: ReplayWish, run: OneRun, deps: ReplayHost): Promise<OneEnd> {
  const { pod, plan, history, place, settings } = run
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
    from: opened.checkpoint ?? atTheStart(place.fingerprint),
    monotonicMs: deps.monotonicMs,
    startedMs: deps.monotonicMs() - run.planMs,
    ...(deps.signal ? { signal: deps.signal } : {}),
    ...(deps.onProgress ? { onProgress: deps.onProgress } : {}),
    ...(deps.onFirst ? { onFirst: deps.onFirst } : {}),
    ...(deps.onNight ? { onNight: deps.onNight } : {}),
  })
  if (!finished) return { finished, events: state.events }
  const report = await reportOf(opened.world, state, {
    title: basename(wish.file),
    pod: pod.name,
    label: wish.label,
    positive: plan.labels.positive,
    timeColumn: wish.time,
    delayMs: wish.delayMs,
    seed: wish.seed,
    columns: reportColumns(plan),
    warnings: [...plan.warnings, ...silenceWarnings(plan, wish), ...misfitWarnings(misfits)],
    runAt: deps.now().toISOString(),
  })
  return { finished, report }
}

/** The pod of that name, if files can be replayed for it. */
function replayable(name: string): { readonly pod: Pod; readonly history: PodHistory } {
  const all = pods.flatMap(pod => (pod.history === null ? [] : [{ pod, history: pod.history }]))
  const found = all.find(({ pod }) => pod.name === name)
  if (found !== undefined) return found
  const known = all.map(({ pod }) => pod.name).join(' and ')
  throw new ReplayError('no_such_pod', `--pod ${name}: files can be replayed for ${known}.`)
}

/** What a report must say of labels that nobody told. */
function silenceWarnings({ labels }: CsvPlan, { windowDays, delayMs }: ReplayWish): readonly string[] {
  if (windowDays === null) return []
  const after = windowDays === 1 ? 'a day' : `${windowDays} days`
  const told = `Only the ${labels.positives} yes were reported; of the other ${labels.negatives} rows silence of ${after} said no (--window).`
  return delayMs <= windowDays * 86_400_000
    ? [told]
    : [told, `Silence spoke before a yes was known (--delay is longer): each yes counted as a no until it came.`]
}

function settingsFor(
  plan: CsvPlan,
  history: PodHistory,
  windowDays: number | null,
): { readonly [name: string]: JsonObject } {
  const columns = (use: 'feature' | 'known_later') => plan.columns.filter(column => column.use === use)
  const read = history.settings(columns('feature'), columns('known_later'))
  if (!read.ok) throw new ReplayError(read.code, read.sentence)
  if (windowDays === null) return read.settings
  return { ...read.settings, policy: { ...read.settings['policy'], silence_days: windowDays } }
}
