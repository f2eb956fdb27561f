import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { rng, sigmoid } from '@surety/stats'

const root = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)
const shopVisitors = 'data/leads/online-shoppers-intention.csv.gz'
const bankCalls = 'data/leads/bank-additional-full.csv.gz'
/** Not with the repository: SURETY_DATA names a folder that has it. */
const cardFraud = 'fraud/fraud-handbook-2018-07-25_2018-08-14.csv.gz'

/** What a report says of one action at one budget over the second half of a history. */
interface SecondHalf {
  readonly n: number
  readonly settled: number
  readonly errors: number
  readonly oracle: number
  readonly ratio: number | null
  readonly promise_kept: boolean
}

interface Certified {
  readonly action: string
  readonly alpha: number
  readonly certificates: number
  readonly missed?: number | null
  readonly positives?: number
  readonly second_half: SecondHalf
}

interface Budgeted {
  readonly certified: readonly Certified[]
  readonly suspensions: readonly { readonly action: string }[]
}

interface Report extends Budgeted {
  readonly other_budgets: readonly Budgeted[]
}

interface History {
  readonly file: string
  readonly words: readonly string[]
  /** Such as `no=.05`; an action named twice is replayed for each. */
  readonly budgets: readonly string[]
}

/** Prints the bars on histories, each replayed by the command itself. @returns were all of them met? */
export async function replayBars(options: {
  readonly seeds: number
  readonly bank: boolean
  readonly fraud: boolean
}): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-autonomy-'))
  const met: boolean[] = []
  const say = (cells: readonly string[], isMet: boolean | null): void => {
    if (isMet !== null) met.push(isMet)
    console.log(`| ${[...cells, isMet === null ? '-' : isMet ? 'met' : 'NO'].join(' | ')} |`)
  }
  console.log(
    '\n| history, second half | settled | wrong | oracle | settled / oracle | certificates, suspensions | bar | met |',
  )
  console.log('|---|---|---|---|---|---|---|---|')
  try {
    const shop = { words: ['--label', 'Revenue', '--delay', '1d'] }
    const ordered = await replayed({ ...shop, file: join(root, shopVisitors), budgets: ['no=.08', 'no=.05'] }, folder)
    say(...line('shop visitors, file order', at(ordered, 'no', 0.08), atLeast(0.75)))
    say(...line('shop visitors, file order', at(ordered, 'no', 0.05), keeps))
    const shuffled = join(folder, 'shuffled.csv')
    await writeFile(shuffled, await shuffledLines(join(root, shopVisitors)))
    const drawn = await replayed({ ...shop, file: shuffled, budgets: ['no=.05'] }, folder)
    say(...line('shop visitors, shuffled', at(drawn, 'no', 0.05), atLeast(0.8)))
    await ownLeads(options.seeds, folder, say)
    if (options.bank) {
      const words = ['--label', 'y', '--positive', 'yes', '--ignore', 'duration', '--delay', '1d']
      const calls = await replayed({ file: join(root, bankCalls), words, budgets: ['no=.1', 'yes=.1'] }, folder)
      for (const action of ['no', 'yes']) say(...line('bank calls', at(calls, action, 0.1), neverOrSuspended))
    } else console.log('| bank calls | not run: --bank | | | | | never certified, or suspended | - |')
    await fraudDays(options.fraud, folder, say)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return met.every(Boolean)
}

type Say = (cells: readonly string[], isMet: boolean | null) => void

interface Found extends Certified {
  readonly suspended: number
}

function at(report: Report, action: string, alpha: number): Found {
  const runs = [report, ...report.other_budgets]
  const own = runs.flatMap(({ certified, suspensions }) =>
    certified
      .filter(one => one.action === action && one.alpha === alpha)
      .map(one => ({ ...one, suspended: suspensions.filter(suspension => suspension.action === action).length })),
  )
  if (own[0] === undefined) throw new Error(`the report says nothing of ${action} at ${alpha}`)
  return own[0]
}

interface Bar {
  readonly text: string
  met(found: Found): boolean
}
const atLeast = (ratio: number): Bar => ({
  text: `ratio >= ${ratio}`,
  met: ({ second_half: half }) => half.promise_kept && (half.ratio ?? 0) >= ratio,
})
const keeps: Bar = { text: 'promise kept', met: ({ second_half: half }) => half.promise_kept }
const neverOrSuspended: Bar = {
  text: 'never certified, or suspended',
  met: ({ certificates, suspended }) => certificates === 0 || suspended > 0,
}

const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`)

function line(name: string, found: Found, bar: Bar): [readonly string[], boolean] {
  const { n, settled, errors, oracle, ratio, promise_kept: kept } = found.second_half
  const cells = [
    `${name}: ${found.action} <= ${percent(found.alpha, 1)}`,
    `${settled} of ${n} (${percent(settled, n)})`,
    `${errors} (${percent(errors, settled)})`,
    percent(oracle, n),
    kept ? (ratio === null ? '-' : ratio.toFixed(2)) : 'promise not kept',
    `${found.certificates}, ${found.suspended}`,
    bar.text,
  ]
  return [cells, bar.met(found)]
}

async function replayed({ file, words, budgets }: History, folder: string): Promise<Report> {
  const out = await mkdtemp(join(folder, 'run-'))
  const given = budgets.flatMap(budget => ['--budget', budget])
  const args = ['bin/surety.js', 'replay', file, ...words, ...given, '--out', out]
  await run(process.execPath, args, {
    cwd: root,
    env: { ...process.env, DATA_DIR: join(out, 'data') },
    maxBuffer: 100_000_000,
  })
  const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8')) as Report
  await rm(out, { recursive: true, force: true })
  return report
}

/** The same rows in an order that nothing drifts in. */
async function shuffledLines(path: string): Promise<string> {
  const [head = '', ...rows] = gunzipSync(await readFile(path))
    .toString('utf8')
    .trimEnd()
    .split('\n')
  const draw = rng('shuffled visitors')
  for (let i = rows.length - 1; i > 0; i--) {
    const j = draw.int(i + 1)
    ;[rows[i], rows[j]] = [rows[j]!, rows[i]!]
  }
  return `${[head, ...rows].join('\n')}\n`
}

const ownRows = 9000
const ownColumns = 8

/** Eight normal columns, of whose mean direction the log-odds are -.83 + 2.13 z: AUC about .87. */
function ownFile(seed: number): string {
  const draw = rng(`own leads ${seed}`)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - draw.uniform())) * Math.cos(2 * Math.PI * draw.uniform())
  const lines = [[...Array.from({ length: ownColumns }, (_, i) => `x${i + 1}`), 'bought'].join(',')]
  for (let i = 0; i < ownRows; i++) {
    const x = Array.from({ length: ownColumns }, normal)
    const z = x.reduce((sum, value) => sum + value, 0) / Math.sqrt(ownColumns)
    lines.push([...x.map(value => value.toFixed(6)), draw.uniform() < sigmoid(-0.83 + 2.13 * z) ? 1 : 0].join(','))
  }
  return `${lines.join('\n')}\n`
}

async function ownLeads(seeds: number, folder: string, say: Say): Promise<void> {
  const found: Report[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    const file = join(folder, `own-${seed}.csv`)
    await writeFile(file, ownFile(seed))
    found.push(
      await replayed({ file, words: ['--label', 'bought', '--delay', '1d'], budgets: ['yes=.1', 'no=.05'] }, folder),
    )
  }
  for (const [action, alpha, bar] of [
    ['yes', 0.1, 0.5],
    ['no', 0.05, 0.55],
  ] as const) {
    const own = found.map(report => at(report, action, alpha))
    const halves = own.map(one => one.second_half)
    const sum = (of: (half: SecondHalf) => number): number => halves.reduce((total, half) => total + of(half), 0)
    // A ratio whose promise is not kept is worth nothing.
    const ratio = sum(half => (half.promise_kept ? (half.ratio ?? 0) : 0)) / halves.length
    const broken = halves.filter(half => !half.promise_kept).length
    const cells = [
      `leads of own making, mean of ${seeds}: ${action} <= ${percent(alpha, 1)}`,
      percent(
        sum(half => half.settled),
        sum(half => half.n),
      ),
      percent(
        sum(half => half.errors),
        sum(half => half.settled),
      ),
      percent(
        sum(half => half.oracle),
        sum(half => half.n),
      ),
      `${ratio.toFixed(2)}${broken === 0 ? '' : `, promise not kept in ${broken}`}`,
      `${own.reduce((total, one) => total + one.certificates, 0)}, ${own.reduce((total, one) => total + one.suspended, 0)}`,
      `ratio >= ${bar}`,
    ]
    say(cells, ratio >= bar)
  }
}

async function fraudDays(wanted: boolean, folder: string, say: Say): Promise<void> {
  const file = join(process.env['SURETY_DATA'] ?? '', cardFraud)
  if (!wanted || process.env['SURETY_DATA'] === undefined || !existsSync(file)) {
    console.log('| card fraud days | not run: --fraud and SURETY_DATA | | | | | ratio >= 0.7 | - |')
    return
  }
  const ignored = ['TRANSACTION_ID', 'CUSTOMER_ID', 'TERMINAL_ID', 'TX_TIME_DAYS', 'TX_FRAUD_SCENARIO']
  const words = ['--label', 'TX_FRAUD', '--time', 'TX_DATETIME', '--ignore', ignored.join(','), '--delay', '1d']
  const found = at(await replayed({ file, words, budgets: ['no=.005'] }, folder), 'no', 0.005)
  say(...line('card fraud days', found, atLeast(0.7)))
}
