// Commits beside each other: node bench/line/versions.ts [--rounds 6] [--seconds 4] [--only 'one by one'] old=DIR again=DIR new=.
// Each name is a checkout with its node_modules. All of them run at once, on a fresh database each, and are put under load in
// turn, forwards and backwards, so that what else the machine does falls on all alike. Name one checkout twice to see the noise.

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { type FreshDatabase, freshDatabase } from './fresh-database.ts'
import { median } from './median.ts'
import { memoryOf, postgresIn } from './memory.ts'
import { batches, full, light, runPhase, type Target, type Timing } from './phases.ts'
import { isPhase, type Phase } from './results.ts'
import { startSurety } from './surety.ts'

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', multiple: true },
  },
  allowPositionals: true,
})
const serverUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432'
const timing: Timing = { seconds: Number(values.seconds), warmUpSeconds: 0.5 }
const warmUp: Timing = { seconds: 5, warmUpSeconds: 0 }

const plans = {
  'one by one, 128 callers': (keys, time) => full(keys.slice(0, 1), 128, time),
  'batches of 200, 8 callers': (keys, time) => batches(keys.slice(0, 1), time),
  '100 a second': (keys, time) => light(keys.slice(0, 1), time),
  '20 tenants in turn, 128 callers': (keys, time) => full(keys, 128, time),
} satisfies { [name: string]: (keys: readonly string[], time: Timing) => Parameters<typeof runPhase>[2] }
const phases = (Object.keys(plans) as (keyof typeof plans)[]).filter(
  name => values.only === undefined || values.only.some(word => name.includes(word)),
)

interface Version {
  readonly name: string
  readonly target: Target
  readonly keys: readonly string[]
  readonly database: FreshDatabase
}
interface Run extends Phase {
  readonly logBytesPerLead: number
}

await using stack = new AsyncDisposableStack()
const versions: Version[] = []
for (const word of positionals) versions.push(await open(word))
for (const { name, target, keys } of versions) {
  await runPhase(`${name}, warm-up one by one`, target, full(keys.slice(0, 1), 32, warmUp))
  await runPhase(`${name}, warm-up in batches`, target, batches(keys.slice(0, 1), warmUp))
}
const runs = new Map<string, Run[]>()
for (let round = 0; round < Number(values.rounds); round++)
  for (const phase of phases)
    for (const version of round % 2 === 0 ? versions : versions.toReversed()) await take(phase, version)
console.log(table())
for (const { name, target } of versions) console.log(`${name}: ${memoryOf(target.server())?.pssMb} MB Pss after it`)

async function open(word: string): Promise<Version> {
  const [name = '', folder = '.'] = word.split('=')
  const database = stack.use(await freshDatabase(serverUrl))
  const surety = stack.use(await startSurety(database.url, resolve(folder)))
  const keys = await surety.keys(Array.from({ length: 20 }, (_, n) => `tenant-${n + 1}`))
  const target: Target = {
    port: surety.port,
    path: '/v1/lead',
    server: () => [surety.pid],
    ended: surety.ended,
    postgres: () => postgresIn(database.folder),
  }
  return { name, target, keys, database }
}

async function take(phase: keyof typeof plans, { name, target, keys, database }: Version): Promise<void> {
  const before = await logBytes(database)
  const found = await runPhase(`${name}, ${phase}`, target, plans[phase](keys, timing))
  if (!isPhase(found)) return
  const { recorded, statuses } = found.measured
  const logBytesPerLead = ((await logBytes(database)) - before) / (recorded > 0 ? recorded : (statuses['200'] ?? 0))
  const key = `${phase}\n${name}`
  runs.set(key, [...(runs.get(key) ?? []), { ...found, logBytesPerLead }])
}

/** Where the write-ahead log ends: also what other databases of the server write, so nothing else may write meanwhile. */
async function logBytes({ url }: FreshDatabase): Promise<number> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ bytes: string }>(
      "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bytes",
    )
    return Number(rows[0]?.bytes)
  } finally {
    await client.end()
  }
}

/** Medians, and the ratio to the first of the names as the median over rounds with the smallest and the largest. */
function table(): string {
  const head = [
    '| phase | what | leads/s | beside the first | p50, ms | p99, ms | us of Surety | us of PostgreSQL | log, bytes | others, cores |',
    '|---|---|---|---|---|---|---|---|---|---|',
  ]
  const rows = phases.flatMap(phase => {
    const first = runs.get(`${phase}\n${versions[0]?.name}`) ?? []
    return versions.map(({ name }) => {
      const own = runs.get(`${phase}\n${name}`) ?? []
      const ratios = own.flatMap((run, i) => (first[i] === undefined ? [] : [run.perSecond / first[i].perSecond]))
      const of = (value: (run: Run) => number): number => median(own.map(value))
      const ratio = `${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`
      const cells = [
        phase,
        name,
        Math.round(of(run => run.perSecond)),
        ratio,
        of(run => run.measured.ms.p50).toFixed(1),
        of(run => run.measured.ms.p99).toFixed(1),
        of(run => (run.cores.server * 1e6) / run.perSecond).toFixed(1),
        of(run => (run.cores.postgres * 1e6) / run.perSecond).toFixed(1),
        Math.round(of(run => run.logBytesPerLead)),
        of(run => run.cores.others).toFixed(2),
      ]
      return `| ${cells.join(' | ')} |`
    })
  })
  return [...head, ...rows].join('\n')
}
