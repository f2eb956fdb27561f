import { performance } from 'node:perf_hooks'
import { mostSilenceDays } from '@surety/contract'
import { buildConfig } from '../config/config.ts'
import { readEnv } from '../config/env.ts'
import { CsvError } from '../csv/csv-error.ts'
import type { BudgetWish } from '../replay/budget-setting.ts'
import type { CsvPlan } from '../replay/csv-plan.ts'
import { progressLine } from '../replay/progress-line.ts'
import { ReplayError } from '../replay/replay-error.ts'
import { replayFile } from '../replay/replay-file.ts'
import { summaryLines } from '../replay/summary.ts'
import { type CommandIo, readArguments } from './command-io.ts'
import { stopSignal } from './stop-signal.ts'

const usage = `usage: surety replay FILE --label COL [options]

  FILE                   a .csv or .csv.gz with a header line, oldest row first unless --time is given
  --label COL            the column that holds the outcome (0/1, yes/no, true/false; others with --positive)
  --positive V           the value that counts as yes; every other value counts as no
  --time COL             when each row happened; without it the rows are spread evenly over 60 virtual days
  --delay 7d             how long after its row an outcome became known: 12h, 7d, 4w (default 7d, 1d without --time)
  --window 30d           only the yes are reported; every other row, empty or not, counts as no once nothing was heard of it for so
                         many whole days, as with OUTCOME_WINDOW_DAYS
  --known-later COL,COL  columns that are known only after the outcome: no model sees them
  --ignore COL,COL       columns to leave out
  --pod P                who decides about the rows: table (default) or customer-ops (each row a lead)
  --budget A=ALPHA[,DELTA]  error budget of an action, such as yes=.05 or start_followup=.3,.05; given again for another action, or
                         for the same one: then the history is replayed for each of its budgets, and one report compares them
  --subject COL          the person, site or customer behind a row
  --seed N               names the run; the same file, options and seed give the same report (default 1)
  --out DIR              where report.html and report.json are written (default surety-replay)

Ctrl-C keeps what was done; the same command goes on from there.`

const options = {
  label: { type: 'string' },
  time: { type: 'string' },
  positive: { type: 'string' },
  delay: { type: 'string' },
  window: { type: 'string' },
  ignore: { type: 'string' },
  'known-later': { type: 'string' },
  subject: { type: 'string' },
  pod: { type: 'string' },
  budget: { type: 'string', multiple: true },
  seed: { type: 'string' },
  out: { type: 'string' },
} as const

/** `surety replay`: history through the line, and a report. */
export async function replay(args: readonly string[]): Promise<number> {
  const io: CommandIo = {
    out: line => void process.stdout.write(`${line}\n`),
    err: line => void process.stderr.write(`${line}\n`),
  }
  const parsed = readArguments(args, io, { usage, options, words: 1 })
  if (typeof parsed === 'number') return parsed
  const text = (name: keyof typeof options): string | null => {
    const value = parsed.values[name]
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
  }
  const [file] = parsed.words
  const label = text('label')
  const delayMs = readDelay(text('delay') ?? (text('time') === null ? '1d' : '7d'))
  const windowDays = readWindow(text('window'))
  const seed = Number(text('seed') ?? '1')
  const budgets = readBudgets(parsed.values['budget'])
  if (
    file === undefined ||
    label === null ||
    delayMs === null ||
    windowDays === undefined ||
    typeof budgets === 'string' ||
    !Number.isSafeInteger(seed)
  ) {
    if (file === undefined) io.err('Which file?')
    else if (label === null) io.err('Which column is the outcome? Name it with --label COL.')
    else if (delayMs === null) io.err(`--delay ${text('delay')}: a number and h, d or w are read, for example 7d.`)
    else if (windowDays === undefined)
      io.err(`--window ${text('window')}: whole days are needed, 1d to ${mostSilenceDays}d, for example 30d.`)
    else if (typeof budgets === 'string') io.err(budgets)
    else io.err(`--seed ${text('seed')}: a whole number is needed.`)
    io.err(usage)
    return 2
  }
  const config = buildConfig(readEnv())
  const monotonicMs = () => performance.now()
  const progress = progressLine(process.stderr, monotonicMs)
  const { signal, release } = stopSignal(() =>
    progress.say('Stopping: finishing what is under way (Ctrl-C again ends at once).'),
  )
  const out = text('out') ?? 'surety-replay'
  try {
    const end = await replayFile(
      {
        file,
        label,
        delayMs,
        out,
        time: text('time'),
        positive: text('positive'),
        subject: text('subject'),
        ignore: names(text('ignore')),
        knownLater: names(text('known-later')),
        windowDays,
        seed,
        pod: text('pod') ?? 'table',
        budgets,
      },
      {
        databaseUrl: config.migrateUrl ?? config.databaseUrl,
        minAuc: config.minAuc,
        now: () => new Date(),
        monotonicMs,
        signal,
        onPlan: plan => tellPlan(plan, io),
        onNote: note => progress.say(note),
        onProgress: progress.show,
        onNight: night => progress.say(`${night.at.slice(0, 10)}  ${night.sentence}`),
      },
    )
    progress.end()
    if (!end.finished) {
      io.err(
        `Stopped after ${end.events.toLocaleString('en')} events. The same command goes on from there: surety replay ${args.map(quoted).join(' ')}`,
      )
      return 130
    }
    for (const line of summaryLines(end.report)) io.out(line)
    io.out(`report: ${end.page}`)
    io.out(`numbers: ${end.numbers}`)
    return 0
  } catch (error) {
    progress.end()
    if (!(error instanceof CsvError || error instanceof ReplayError)) throw error
    io.err(`surety: ${error.code}: ${error.message}`)
    return usageFaults.has(error.code) || error.code === 'csv.not_found' ? 2 : 3
  } finally {
    release()
  }
}

const usageFaults = new Set(['no_such_column', 'no_such_action', 'no_such_pod', 'no_silence'])

/** A sentence where one cannot be read. */
function readBudgets(given: unknown): readonly BudgetWish[] | string {
  if (!Array.isArray(given)) return []
  const budgets: BudgetWish[] = []
  for (const text of given as readonly string[]) {
    const parts = /^([a-z_]+)=(\d*\.?\d+)(?:,(\d*\.?\d+))?$/.exec(text.trim())
    const alpha = Number(parts?.[2])
    const delta = parts?.[3] === undefined ? null : Number(parts[3])
    const isShare = (value: number): boolean => value > 0 && value < 1
    if (parts === null || !isShare(alpha) || (delta !== null && !isShare(delta)))
      return `--budget ${text}: an action and its budget between 0 and 1 are needed, for example start_followup=.3 or yes=.05,.05.`
    const wish = { action: parts[1]!, alpha, delta }
    if (budgets.some(one => one.action === wish.action && one.alpha === alpha && one.delta === delta))
      return `--budget ${text} was given twice.`
    budgets.push(wish)
  }
  return budgets
}

const names = (text: string | null): readonly string[] =>
  (text ?? '')
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')

const unitMs: { readonly [unit: string]: number } = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }

/** Milliseconds; null when it cannot be read. */
function readDelay(text: string): number | null {
  const parts = /^(\d+(?:\.\d+)?)([hdw])$/.exec(text)
  const unit = unitMs[parts?.[2] ?? '']
  return parts === null || unit === undefined ? null : Math.round(Number(parts[1]) * unit)
}

/** Whole days; null: none was given; undefined: it cannot be read. */
function readWindow(text: string | null): number | null | undefined {
  if (text === null) return null
  const days = (readDelay(text) ?? Number.NaN) / unitMs['d']!
  return Number.isInteger(days) && days >= 1 && days <= mostSilenceDays ? days : undefined
}

const quoted = (arg: string): string => (/^[\w./,=@:-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`)

function tellPlan(plan: CsvPlan, io: CommandIo): void {
  const { positives, negatives } = plan.labels
  const { label, windowDays } = plan.wish
  const rest = windowDays === null ? 'no' : `of which silence says no after ${windowDays} d`
  io.err(
    `${plan.rows.toLocaleString('en')} rows; ${label}: ${positives.toLocaleString('en')} yes, ${negatives.toLocaleString('en')} ${rest}`,
  )
  const widest = Math.max(...plan.columns.map(({ name }) => name.length))
  for (const { name, kind, use, because, missingShare, examples } of plan.columns) {
    const what = use === 'feature' ? kind : use === 'left_out' ? `left out: ${because}` : use.replace('_', ' ')
    const missing = missingShare > 0 ? `, ${(missingShare * 100).toFixed(1)} % missing` : ''
    const shown = use === 'feature' ? `  for example ${examples.join(', ').slice(0, 60)}` : ''
    io.err(`  ${name.padEnd(widest)}  ${what}${missing}${shown}`)
  }
  for (const warning of plan.warnings) io.err(`warning: ${warning}`)
}
