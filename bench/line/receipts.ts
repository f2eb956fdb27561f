// What receipts cost a record: node bench/line/receipts.ts. The same batches through the line's writer with and without a
// chain, in turns on one server; processor time of Node and of the writing backend, so that other programs count little.
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openCore } from '../../packages/server/src/app/core.ts'
import { randomIds } from '../../packages/server/src/pipeline/ids.ts'
import { now as line } from '../../packages/server/src/pipeline/now.ts'
import type { Batch } from '../../packages/server/src/store/batch-rows.ts'
import { type Database, openDatabase } from '../../packages/server/src/store/db.ts'
import { migrate } from '../../packages/server/src/store/migrate.ts'
import { ensurePartitions } from '../../packages/server/src/store/partitions.ts'
import { recordDigests } from '../../packages/server/src/store/receipt-record.ts'
import { openWriter, type Writer } from '../../packages/server/src/store/writer.ts'
import { freshDatabase } from './fresh-database.ts'
import { median } from './median.ts'

const serverUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432'
const at = new Date()

await using place = await freshDatabase(serverUrl)
const { role } = await migrate({ url: place.url })
await using db = openDatabase({ url: place.url }, role, 3)
await db.transaction([], handle => ensurePartitions(handle, at, at))
await using core = await openCore({
  db,
  secrets: { dataKeys: [randomBytes(32)], piiRoot: randomBytes(32) },
  ids: randomIds(),
  monotonicMs: () => performance.now(),
  now: () => at,
  enrichment: true,
  serving: () => null,
  onError: error => {
    throw error
  },
})
await core.run([arrival('first')])

function arrival(id: string) {
  const details = 'URGENT: need an estimate for a metal roof today, call 612-555-1212 before noon'
  const data = { name: 'Jane Doe', phone: '612-555-1212', details, attributes: { size: 12, region: 'north' } }
  return {
    raw: { tenant: 'acme', kind: 'lead.created', eventId: id, caseId: id, data },
    at,
    startedMs: performance.now(),
  }
}

/** A batch as the line makes it, kept instead of written. */
async function batchOf(size: number): Promise<Batch> {
  let kept: Batch | null = null
  const recorder = {
    ...core.deps.recorder,
    async write(batch: Batch) {
      kept = batch
      return new Set<string>()
    },
  }
  await line(
    Array.from({ length: size }, () => arrival(randomUUID())),
    { ...core.deps, recorder },
    null,
  )
  if (kept === null) throw new Error('the line wrote nothing')
  return kept
}

async function pidsOf(database: Database): Promise<ReadonlySet<number>> {
  const { rows } = await database.transaction([], handle =>
    handle.query<{ pid: number }>('select pid from pg_stat_activity where datname = current_database()'),
  )
  return new Set(rows.map(row => row.pid))
}

/** A writer of one connection, and the process that serves it. */
async function writerWithPid(newChain?: () => string): Promise<{ writer: Writer; pid: number }> {
  const before = await pidsOf(db)
  const writer = await openWriter(db, { connections: 1, newChain })
  const pid = [...(await pidsOf(db))].find(one => !before.has(one))
  if (pid === undefined) throw new Error('the connection is not to be seen')
  return { writer, pid }
}

/** Nanoseconds on a processor, which the scheduler counts exactly (stat counts hundredths of a second). */
const cpuUs = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000

const sides = { without: await writerWithPid(), with: await writerWithPid(randomUUID) }
type Side = keyof typeof sides
type Used = readonly [node: number, postgres: number, wall: number]

const threadUs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

async function measure(side: Side, batch: Batch): Promise<Used> {
  const { writer, pid } = sides[side]
  const node = threadUs()
  const postgres = cpuUs(pid)
  const wall = performance.now()
  await writer.write(batch)
  const wallUs = (performance.now() - wall) * 1000
  return [threadUs() - node, cpuUs(pid) - postgres, wallUs]
}

console.log(
  '| records a batch | pairs | Node, us a record | PostgreSQL, us a record | wall, us a record | digests alone |',
)
console.log('|---|---|---|---|---|---|')
for (const [size, pairs] of [
  [1, 1500],
  [32, 500],
  [200, 120],
] as const) {
  const found: Record<Side, Used[]> = { without: [], with: [] }
  const digests: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const order: readonly Side[] = pair % 2 === 0 ? ['without', 'with'] : ['with', 'without']
    const batches = [await batchOf(size), await batchOf(size), await batchOf(size)]
    for (const [i, side] of order.entries()) {
      const used = await measure(side, batches[i]!)
      // The first tenth warms both sides up.
      if (pair >= pairs / 10) found[side].push(used)
    }
    const from = performance.now()
    recordDigests(batches[2]!)
    if (pair >= pairs / 10) digests.push(((performance.now() - from) * 1000) / size)
  }
  const of = (side: Side, i: number): number => median(found[side].map(row => row[i]! / size))
  const cell = (i: number): string =>
    `${of('without', i).toFixed(1)} -> ${of('with', i).toFixed(1)} (${(of('with', i) - of('without', i)).toFixed(1)})`
  console.log(
    `| ${size} | ${found.with.length} | ${cell(0)} | ${cell(1)} | ${cell(2)} | ${median(digests).toFixed(2)} |`,
  )
}
for (const { writer } of Object.values(sides)) await writer[Symbol.asyncDispose]()
