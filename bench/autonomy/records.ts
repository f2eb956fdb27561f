// What counting a label costs: node bench/autonomy/records.ts [--quick]. Labels are taken in and counted on a question with few rows
// of evidence and with many; processor time of Node and of the one backend, so that other programs count little. A server of
// yours on this machine: DATABASE_URL.
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { placeOf } from '@surety/contract'
import { certifyRecord, noCounts } from '@surety/stats'
import { maturityMs } from '../../packages/server/src/manage/autonomy/maturity.ts'
import { readLabels } from '../../packages/server/src/manage/autonomy/read-labels.ts'
import { countRows } from '../../packages/server/src/manage/autonomy/records/count-rows.ts'
import { putRecord } from '../../packages/server/src/manage/autonomy/records/testing/evidence-rows.ts'
import { putDecisions, putOutcomes } from '../../packages/server/src/manage/autonomy/testing/settled-cases.ts'
import { podNamed } from '../../packages/server/src/pods.ts'
import { openDatabase } from '../../packages/server/src/store/db.ts'
import { migrate } from '../../packages/server/src/store/migrate.ts'
import { ensurePartitions } from '../../packages/server/src/store/partitions.ts'
import { readRecords } from '../../packages/server/src/store/records.ts'
import { recordIn } from '../../packages/server/src/store/test-records.ts'
import { freshDatabase } from '../line/fresh-database.ts'
import { median } from '../line/median.ts'

const quick = process.argv.includes('--quick')
const sizes = quick ? [2_000, 20_000] : [2_000, 200_000]
const batches = [50, 1000]
const rounds = quick ? 3 : 7
const [question] = podNamed('table').questions
const dayMs = 86_400_000
const start = Date.parse('2026-01-01T00:00:00Z')
const day = (n: number): Date => new Date(start + n * dayMs)
const tenant = 'acme'
const digest = 'a'.repeat(64)

/** What a piece of work took, in microseconds: of processors, and by the clock. */
interface Took {
  readonly node: number
  readonly postgres: number
  readonly wall: number
}

/** On a processor, which the scheduler counts exactly. */
const backendUs = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000
function threadUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

async function timed(pid: number, work: () => Promise<unknown>): Promise<Took> {
  const [node, postgres, startedMs] = [threadUs(), backendUs(pid), performance.now()]
  await work()
  return { node: threadUs() - node, postgres: backendUs(pid) - postgres, wall: 1000 * (performance.now() - startedMs) }
}

console.log(`${cpus().length} cores, load ${loadavg()[0]!.toFixed(2)}, Node ${process.version}, median of ${rounds}\n`)
console.log(
  '| rows before | labels at once | taken in, us a label | counted by eight records, us a label | nothing new, us |',
)
console.log('|---|---|---|---|---|')
for (const size of sizes) {
  await using place = await freshDatabase(process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432')
  const { role } = await migrate({ url: place.url })
  await using db = openDatabase({ url: place.url }, role, 1)
  const { rows: backends } = await db.read([], reader =>
    reader.query<{ pid: number }>('select pg_backend_pid() as pid'),
  )
  const { pid } = backends[0]!
  await db.transaction([], tx => ensurePartitions(tx, day(0), day(70)))
  // Of each action as many as can go on side by side.
  for (const [action, side] of [
    ['yes', 'act'],
    ['no', 'clear'],
  ] as const)
    for (let k = 0; k < 4; k++)
      await putRecord(db, recordIn(tenant, { action, side, rowsFrom: day(0), begunAt: new Date(start + k) }))

  let made = 0
  let told = 1
  /** Decides and settles so many cases; what was told a minute before is read again, so each lot has an hour of its own. */
  const lot = async (n: number): Promise<Date> => {
    const ids = Array.from({ length: n }, (_, i) => ({ caseId: `c${made + i}`, k: made + i }))
    made += n
    await putDecisions(
      db,
      tenant,
      question.pod,
      ids.map(({ caseId, k }) => ({
        caseId,
        at: new Date(start + k * 10),
        probability: (k % 997) / 997,
        digest,
        auditCoin: (k % 101) / 101,
        acting: { version: 1, act: (k % 65) - 1, clear: ((k * 7) % 65) - 1 },
      })),
    )
    const at = new Date(day(40).getTime() + told++ * 3_600_000)
    await putOutcomes(
      db,
      tenant,
      question.pod,
      ids.map(({ caseId, k }) => ({ caseId, at, label: k % 3 === 0 ? 1 : 0 })),
    )
    return at
  }
  for (let before = 0; before < size; before += 20_000) {
    const at = await lot(Math.min(20_000, size - before))
    await readLabels(db, tenant, question, digest, at)
    await countRows({ db }, tenant, question, new Date(at.getTime() + 31 * dayMs))
  }
  // As the server does by itself before long.
  const vacuuming = await db.connect()
  for (const table of ['record_rows', 'records', 'calibration_rows', 'label_cursors'])
    await vacuuming.query(`vacuum analyze ${table}`)
  await vacuuming.query('analyze')
  await vacuuming.end()
  for (const n of batches) {
    const took: { readonly taken: Took; readonly counted: Took; readonly idle: Took }[] = []
    for (let round = 0; round < rounds; round++) {
      const at = await lot(n)
      const late = new Date(at.getTime() + 31 * dayMs)
      // What takes long of a look, once an hour, and is no matter of counting: how long labels take to come. A look hands it on.
      const maturity = await db.transaction([tenant], tx => maturityMs(tx, tenant, question, late))
      took.push({
        taken: await timed(pid, () => readLabels(db, tenant, question, digest, at)),
        counted: await timed(pid, () => countRows({ db }, tenant, question, late, maturity)),
        idle: await timed(pid, () => countRows({ db }, tenant, question, late, maturity)),
      })
    }
    const cell = (part: 'taken' | 'counted' | 'idle', by: number) =>
      (['node', 'postgres', 'wall'] as const)
        .map(of => (median(took.map(one => one[part][of])) / by).toFixed(0))
        .join(' / ')
    console.log(`| ${size} | ${n} | ${cell('taken', n)} | ${cell('counted', n)} | ${cell('idle', 1)} |`)
  }
  const [record] = await db.read([tenant], reader => readRecords(reader, { tenant, ...placeOf(question) }))
  if (record!.counts.positives === 0 || record!.counts === noCounts) throw new Error('nothing was counted')
}

const rows = Array.from({ length: 64 }, (_, cut) => 20 + cut)
const counts = { rows, wrong: rows.map(n => Math.floor(n / 30)), outside: 5000, positives: 2000 }
const starts = [
  { cut: 40, weight: 0.3 },
  { cut: 20, weight: 0.7 },
]
const looks = 2000
const look = () => certifyRecord(counts, starts, { alpha: 0.1, beta: 0.2 }, 0.05)
for (let i = 0; i < 200; i++) look()
const startedMs = performance.now()
for (let i = 0; i < looks; i++) look()
console.log(
  `\nEvidence and walk of 64 cuts, both budgets: ${((performance.now() - startedMs) / looks).toFixed(3)} ms a look`,
)
