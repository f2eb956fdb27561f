// Reference data at 100,000 shifts: files, lists, look-ups for a batch, the snapshot: node bench/reference/main.ts [--quick].
// The slice and the store in this process, on a fresh database of DATABASE_URL (else postgres://postgres@127.0.0.1:5432).
import { loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Principal } from '@surety/contract'
import { openEntities } from '../../packages/server/src/manage/entities/open-entities.ts'
import { auditOf } from '../../packages/server/src/store/audit.ts'
import { openDatabase } from '../../packages/server/src/store/db.ts'
import { migrate } from '../../packages/server/src/store/migrate.ts'
import {
  type Known,
  type ReferenceAsk,
  readReference,
  readSnapshot,
} from '../../packages/server/src/store/reference.ts'
import { heating } from '../../tests/thermostats/pod.ts'
import { freshDatabase } from '../line/fresh-database.ts'

const rows = process.argv.includes('--quick') ? 20_000 : 100_000
const rowsAFile = 50_000
const longestMs = 8 * 3_600_000
const hour = 3_600_000
const start = Date.parse('2026-01-01T00:00:00Z')
const tenant = 'acme'
const principal: Principal = { kind: 'key', keyId: 'bench', tenant, role: 'operator', name: 'bench', limits: {} }

await using fresh = await freshDatabase(process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')
const { role } = await migrate({ url: fresh.url })
await using db = openDatabase({ url: fresh.url }, role, 4)
const pods = [heating]
let clock = Date.parse('2026-06-01T00:00:00Z')
const { kinds, read, importFile } = openEntities({
  db,
  now: () => new Date(clock),
  audit: auditOf(),
  redact: async (_, text) => text,
  pods,
}).service
const visit = kinds.find('visit', undefined)

console.log(`${rows} visits; ${fresh.version}, load average ${loadavg()[0]?.toFixed(1)} before`)
console.log('| what | ms | of it our processor time | longest turn of the event loop, ms |\n|---|---|---|---|')

async function timed<T>(what: string, times: number, work: (n: number) => Promise<T>): Promise<T> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  const taken: number[] = []
  const cpu = process.cpuUsage()
  let last: T | undefined
  for (let n = 0; n < times; n++) {
    const begun = performance.now()
    last = await work(n)
    taken.push(performance.now() - begun)
  }
  delays.disable()
  const { user, system } = process.cpuUsage(cpu)
  taken.sort((a, b) => a - b)
  const middle = taken[taken.length >> 1]!
  const shown =
    times === 1 ? middle.toFixed(0) : `p50 ${middle.toFixed(1)}, p95 ${taken[Math.floor(times * 0.95)]!.toFixed(1)}`
  console.log(
    `| ${what} | ${shown} | ${((user + system) / 1000 / times).toFixed(1)} | ${(delays.max / 1e6).toFixed(0)} |`,
  )
  return last!
}

/** A thermostat has a visit a day, engineers take them in turn. */
function file(from: number, engineer: (n: number) => string): string {
  const lines = ['thermostat,engineer,start,end']
  for (let n = from; n < Math.min(from + rowsAFile, rows); n++) {
    const begins = start + (n >> 8) * 24 * hour + (n % 16) * hour
    lines.push(
      `T${n & 255},${engineer(n)},${new Date(begins).toISOString()},${new Date(begins + 2 * hour).toISOString()}`,
    )
  }
  return lines.join('\n')
}
const options = { dryRun: false, partial: false, effectiveFrom: null }
const bring = (text: string, more: object = {}) => importFile(principal, visit, text, { ...options, ...more }, 'bench')

const engineer = (n: number) => `E${(n * 7) % 50}`
for (let from = 0; from < rows; from += rowsAFile)
  await timed(`import of ${Math.min(rowsAFile, rows - from)} new rows`, 1, () => bring(file(from, engineer)))
await timed(`the same ${Math.min(rowsAFile, rows)} rows again, unchanged`, 1, () => bring(file(0, engineer)))
await timed(`a dry run of it`, 1, () => bring(file(0, engineer), { dryRun: true }))
clock += 24 * hour
const before = (await db.read([tenant], reader => readReference(reader, tenant, 'heating', 'newest', []))).change
await timed(`${Math.min(rowsAFile, rows)} rows changed from now on`, 1, () => bring(file(0, n => `E${(n * 11) % 50}`)))

const everything = { asOf: undefined, knownAt: undefined }
const page = await timed('page of 100', 50, () =>
  read.list(tenant, visit, everything, { limit: 100, cursor: undefined }),
)
let cursor = page.next
for (let n = 0; n < 40 && cursor !== null; n++)
  cursor = (await read.list(tenant, visit, everything, { limit: 500, cursor })).next
await timed('page of 100 after 20,000', 50, () =>
  read.list(tenant, visit, everything, { limit: 100, cursor: cursor ?? undefined }),
)
await timed('one by id', 200, n => read.get(tenant, visit, page.items[n % 100]!.id, everything))

const asks = (slot: 0 | 1 | 2, n: number): readonly ReferenceAsk[] =>
  Array.from({ length: 200 }, (_, k) => {
    const at = new Date(start + ((n * 31 + k) % Math.max(1, rows >> 8)) * 24 * hour + 6 * hour)
    const span = { from: new Date(at.getTime() - hour), to: new Date(at.getTime() + hour), longestMs }
    if (slot === 0) return { kind: 'visit', slot, key: page.items[k % 100]!.id, at, span: null }
    return { kind: 'visit', slot, key: slot === 1 ? `T${(n + k) & 255}` : `E${(n + k) % 50}`, at, span }
  })
const look = (known: Known, slot: 0 | 1 | 2) => (n: number) =>
  db.read([tenant], reader => readReference(reader, tenant, 'heating', known, asks(slot, n)))
await timed('200 ids in one query', 100, look('newest', 0))
const found = await timed('200 thermostats within an hour of a time, in one query', 100, look('newest', 1))
console.log(`|   (rows found by the last: ${found.found.flat().length}) | | | |`)
await timed('200 engineers within an hour of a time, in one query', 100, look('newest', 2))
await timed('200 thermostats as known before the last import', 100, look({ change: before }, 1))
await timed('200 engineers as known before the last import', 100, look({ change: before }, 2))
await timed('snapshot of all', 3, () =>
  db.read([tenant], reader => readSnapshot(reader, tenant, 'heating', 'newest', ['visit'])),
)
let size = 0
await timed('export of all', 1, async () => {
  for await (const piece of await read.file(tenant, visit, everything)) size += piece.length
})
console.log(
  `\nThe export has ${(size / 1e6).toFixed(1)} MB; rows stored: ${await fresh.count('surety.entities')}; load average ${loadavg()[0]?.toFixed(1)} after.`,
)
