// What receipts cost a record: node bench/line/receipts.ts. The same batches through the line's writer with and without a
// chain, in turns on one server; processor time of Node and of the writing backend, so that other programs count little.
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openCore } from '../../packages/server/src/app/core.ts'
import { randomIds } from '../../packages/server/src/app/ids.ts'
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
const rounds = 12

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
console.log(
  '| records a batch | Node, us a record | PostgreSQL, us a record | wall, us a record | Node, digests alone |',
)
console.log('|---|---|---|---|---|')
for (const [size, count] of [
  [1, 150],
  [32, 40],
  [200, 12],
] as const) {
  const found = { without: [] as number[][], with: [] as number[][] }
  const digests: number[] = []
  for (let round = 0; round < rounds; round++)
    for (const side of round % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
      const batches = await Promise.all(Array.from({ length: count }, () => batchOf(size)))
      const { writer, pid } = sides[side]
      const records = size * count
      const node = process.cpuUsage()
      const postgres = cpuUs(pid)
      const wall = performance.now()
      for (const batch of batches) await writer.write(batch)
      const wallUs = (performance.now() - wall) * 1000
      const { user, system } = process.cpuUsage(node)
      // The first two rounds warm both sides up.
      if (round < 2) continue
      found[side].push([(user + system) / records, (cpuUs(pid) - postgres) / records, wallUs / records])
      if (side === 'without') continue
      const from = process.cpuUsage()
      for (const batch of batches) recordDigests(batch)
      const used = process.cpuUsage(from)
      digests.push((used.user + used.system) / records)
    }
  const of = (side: 'without' | 'with', i: number): number => median(found[side].map(row => row[i]!))
  const cell = (i: number): string => `${of('without', i).toFixed(1)} -> ${of('with', i).toFixed(1)}`
  console.log(`| ${size} | ${cell(0)} | ${cell(1)} | ${cell(2)} | ${median(digests).toFixed(2)} |`)
}
for (const { writer } of Object.values(sides)) await writer[Symbol.asyncDispose]()
