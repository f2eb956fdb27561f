// How doors and jobs behave as history grows: npm run bench -- growth [--sizes 100000,1000000] [--days 90] [--no-analyze]
import { parseArgs } from 'node:util'
import pg from 'pg'
import { fillPast } from '../../packages/server/src/testing/fill-past.ts'
import { freshDatabase } from '../line/fresh-database.ts'
import { measureDoors } from './doors.ts'
import { measureJobs } from './jobs.ts'
import { listen } from './queries.ts'
import { openService, sendTemplates } from './service.ts'
import { type AtSize, doorTable, queryTable } from './table.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100000,1000000' },
    days: { type: 'string', default: '90' },
    'no-analyze': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
})
const serverUrl = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432'
const sizes = values.quick ? [2_000, 20_000] : values.sizes.split(',').map(Number)
const days = Number(values.days)
const noAutovacuum = `do $$ declare t regclass; begin
  for t in select oid from pg_class where relkind = 'r' and relnamespace = 'surety'::regnamespace loop
    execute format('alter table %s set (autovacuum_enabled = false)', t);
  end loop; end $$`
const heard = listen()
const all: AtSize[] = []

for (const size of sizes) {
  await using database = await freshDatabase(serverUrl)
  await using service = await openService(database.url, days)
  await sendTemplates(service, 200)
  await using stack = new AsyncDisposableStack()
  const sql = new pg.Client(database.url)
  await sql.connect()
  stack.defer(() => sql.end())
  // No statistics until they are asked for: as on the first evening of a service.
  await sql.query(noAutovacuum)
  const startedMs = performance.now()
  await fillPast(sql, { tenant: service.tenant, leads: size, days })
  console.error(`${size} leads written in ${Math.round((performance.now() - startedMs) / 1000)} s`)
  for (const statistics of values['no-analyze'] ? [false] : [false, true]) {
    if (statistics) await sql.query('vacuum analyze')
    const measured = {
      size,
      statistics,
      doors: await measureDoors(service, sql, heard),
      jobs: await measureJobs(service, sql, heard),
    }
    all.push(measured)
    console.log(doorTable(measured))
  }
}
console.log(queryTable(all))
