// What GET /ops/autonomy asks of a history: node bench/autonomy/overview.ts [--quick]. The same question with few decisions and with many,
// asked in turns after a look at the labels; processor time of Node and of the database, so that other programs count little. A server
// of yours on this machine: DATABASE_URL.
import { cpus, loadavg } from 'node:os'
import { recordShares } from '@surety/stats'
import { overviewOf } from '../../packages/server/src/manage/autonomy/overview.ts'
import { putRecord } from '../../packages/server/src/manage/autonomy/records/testing/evidence-rows.ts'
import { refreshAutonomy } from '../../packages/server/src/manage/autonomy/refresh.ts'
import { autonomyDeps, serve } from '../../packages/server/src/manage/autonomy/testing/evidence.ts'
import { putDecisions, putOutcomes } from '../../packages/server/src/manage/autonomy/testing/settled-cases.ts'
import { podNamed } from '../../packages/server/src/pods.ts'
import { type Database, openDatabase } from '../../packages/server/src/store/db.ts'
import { migrate } from '../../packages/server/src/store/migrate.ts'
import { ensurePartitions } from '../../packages/server/src/store/partitions.ts'
import { recordIn } from '../../packages/server/src/store/test-records.ts'
import { insertVersionCuts } from '../../packages/server/src/store/version-cuts.ts'
import { type FreshDatabase, freshDatabase } from '../line/fresh-database.ts'
import { median } from '../line/median.ts'
import { type Took, timedOn } from './processors.ts'

const quick = process.argv.includes('--quick')
const sizes = [2_000, quick ? 20_000 : 100_000]
const rounds = quick ? 20 : 100
const [question] = podNamed('table').questions
const place = { tenant: 'acme', pod: question.pod, question: question.name }
const digest = 'a'.repeat(64)
const dayMs = 86_400_000
const start = Date.parse('2026-01-01T00:00:00Z')
const now = new Date(start + 80 * dayMs)
const [most, least] = [recordShares.map(share => 1 - share), recordShares]
const strictest = (holds: (threshold: number) => boolean, thresholds: readonly number[]): number =>
  thresholds.findLastIndex(holds)

/** Decided over 60 days by one version, every case told of two days later; one in nine and more is done by itself. */
async function fill(db: Database, size: number): Promise<void> {
  await db.transaction([], tx => ensurePartitions(tx, new Date(start), now))
  await serve(db, place.tenant, place.pod, digest)
  const thresholds = { act: most, clear: least }
  await db.transaction([place.tenant], tx =>
    insertVersionCuts(tx, place, { digest, version: 1, begunAt: new Date(start), n: 2000, thresholds }),
  )
  for (const [action, side] of [
    ['yes', 'act'],
    ['no', 'clear'],
  ] as const)
    await putRecord(db, recordIn(place.tenant, { action, side, rowsFrom: new Date(start), begunAt: new Date(start) }))
  for (let from = 0; from < size; from += 20_000) {
    const cases = Array.from({ length: Math.min(20_000, size - from) }, (_, i) => {
      const k = from + i
      const p = (k % 997) / 997
      return { caseId: `c${k}`, at: new Date(start + Math.floor((k / size) * 60 * dayMs)), p, done: p > 0.9 }
    })
    await putDecisions(
      db,
      place.tenant,
      place.pod,
      cases.map(({ caseId, at, p, done }) => ({
        caseId,
        at,
        probability: p,
        digest,
        auditCoin: (p * 101) % 1,
        ...(done && { action: 'yes', automatic: true }),
        acting: {
          version: 1,
          act: strictest(threshold => p >= threshold, most),
          clear: strictest(threshold => p <= threshold, least),
        },
      })),
    )
    await putOutcomes(
      db,
      place.tenant,
      place.pod,
      cases.map(({ caseId, at, p }, i) => ({
        caseId,
        at: new Date(at.getTime() + 2 * dayMs),
        label: (i % 100) / 100 < p ? 1 : 0,
      })),
    )
  }
}

async function opened(
  size: number,
): Promise<{ readonly size: number; readonly place: FreshDatabase; readonly db: Database }> {
  const fresh = await freshDatabase(process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432')
  const { role } = await migrate({ url: fresh.url })
  const db = openDatabase({ url: fresh.url }, role, 1)
  await fill(db, size)
  const owner = await db.connect()
  await owner.query('vacuum analyze')
  await owner.end()
  await refreshAutonomy(autonomyDeps(db), place.tenant, question, now)
  return { size, place: fresh, db }
}

const worlds = []
try {
  for (const size of sizes) worlds.push({ ...(await opened(size)), took: [] as Took[] })
  for (let round = -10; round < rounds; round++)
    for (const { place: of, db, took } of worlds) {
      const ask = () => db.transaction([place.tenant], tx => overviewOf(tx, place.tenant, question, now))
      const one = await timedOn(of.url, ask)
      // The first ones plan their statements.
      if (round >= 0) took.push(one)
    }
  console.log(
    `${cpus().length} cores, load ${loadavg()[0]!.toFixed(2)}, Node ${process.version}, median of ${rounds}\n`,
  )
  console.log('| decisions, all labelled | Node, ms | PostgreSQL, ms | by the clock, ms |\n|---|---|---|---|')
  for (const { size, took } of worlds) {
    const cell = (of: keyof Took): string => median(took.map(one => one[of])).toFixed(2)
    console.log(`| ${size} | ${cell('nodeMs')} | ${cell('postgresMs')} | ${cell('wallMs')} |`)
  }
} finally {
  for (const { db, place: of } of worlds) {
    await db[Symbol.asyncDispose]()
    await of[Symbol.asyncDispose]()
  }
}
