// What a slot of ticks costs: node bench/ticks/main.ts [--quick]. A whole service in this process without its door, on a fresh
// database of DATABASE_URL (else postgres://postgres@127.0.0.1:5432), at moments that are handed to it.
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { type App, openApp } from '../../packages/server/src/app.ts'
import { buildConfig } from '../../packages/server/src/config/config.ts'
import { createKey } from '../../packages/server/src/manage/keys/keys.ts'
import { installed } from '../../packages/server/src/pods.ts'
import { auditOf } from '../../packages/server/src/store/audit.ts'
import { heating } from '../../tests/thermostats/pod.ts'
import { freshDatabase } from '../line/fresh-database.ts'

const entities = 500
const slots = process.argv.includes('--quick') ? 5 : 20
const tenant = 'acme'
const minute = 60_000
const codes = Array.from({ length: entities }, (_, n) => `T${String(n).padStart(3, '0')}`)

await using fresh = await freshDatabase(process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')
const dataDir = await mkdtemp(join(tmpdir(), 'surety-bench-'))
let clock = Date.parse('2027-03-01T12:00:30Z')
const config = buildConfig({ DATABASE_URL: fresh.url, DATA_DIR: dataDir, PORT: '0', TENANT: tenant })
await using app = await openApp(config, {
  logger: pino({ level: 'silent' }),
  jobs: false,
  now: () => new Date(clock),
  pods: [...installed.pods, heating],
})

await fit(app)
console.log(
  `${entities} entities, ${slots} slots each; ${fresh.version}, load average ${loadavg()[0]?.toFixed(1)} before`,
)
console.log(
  '| a slot in which | ms, p50 | slowest | of it our processor time, p50 | bytes left a tick |\n|---|---|---|---|---|',
)
await app.runTicks()
await measure('a gap is folded into each', slots, after(20))
await measure('nothing is found', slots, async () => {
  clock += 9 * minute
  await readings()
  clock += minute
})
// Half an hour without a word.
for (let n = 0; n < 2; n++) {
  await after(10)()
  await app.runTicks()
}
await measure('all are silent: 500 findings', slots, after(10))
await rm(dataDir, { recursive: true, force: true })

function after(minutes: number) {
  return async (): Promise<void> => {
    clock += minutes * minute
  }
}

async function measure(what: string, times: number, before: () => Promise<void>): Promise<void> {
  const taken: number[] = []
  const used: number[] = []
  let left = 0
  for (let n = 0; n < times; n++) {
    await before()
    const bytes = await bytesLeft()
    const cpu = process.cpuUsage()
    const begun = performance.now()
    await app.runTicks()
    taken.push(performance.now() - begun)
    const { user, system } = process.cpuUsage(cpu)
    used.push((user + system) / 1000)
    left += (await bytesLeft()) - bytes
  }
  const middle = (all: number[]): string => all.toSorted((a, b) => a - b)[all.length >> 1]!.toFixed(0)
  console.log(
    `| ${what} | ${middle(taken)} | ${Math.max(...taken).toFixed(0)} | ${middle(used)} | ${(left / times / entities).toFixed(0)} |`,
  )
}

async function readings(): Promise<void> {
  const occurredAt = new Date(clock)
  for (let from = 0; from < entities; from += 200)
    await app.intake.submitMany(
      codes.slice(from, from + 200).map(code => ({
        tenant,
        kind: 'thermostat.reading',
        eventId: `${code}/${clock}`,
        occurredAt,
        data: { code, celsius: 20 },
      })),
    )
}

/** Of the tables that ticks write, indexes and all; groups and state are written in place. */
async function bytesLeft(): Promise<number> {
  const { rows } = await app.db.read([tenant], db =>
    db.query<{ bytes: number }>(`select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class c
      where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
        and c.relname ~ '^(recent_event_keys|tick_folds|events|evaluations)_[0-9]'`),
  )
  return rows[0]!.bytes
}

async function fit({ db, http }: App): Promise<void> {
  const { key } = await createKey({ db, now: () => new Date(clock), audit: auditOf() }, 'bench', {
    tenant,
    role: 'admin',
    name: 'bench',
  })
  const file = ['code,room,target', ...codes.map(code => `${code},hall,20`)].join('\n')
  const { statusCode, body } = await http.inject({
    method: 'POST',
    url: '/v1/entities/thermostat/import?pod=heating&effective_from=2027-01-01T00:00:00Z',
    headers: { 'x-api-key': key, 'content-type': 'text/csv' },
    payload: file,
  })
  if (statusCode !== 200) throw new Error(body)
}
