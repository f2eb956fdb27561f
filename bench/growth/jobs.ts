import type pg from 'pg'
import { Registry } from 'prom-client'
import { refreshAutonomy } from '../../packages/server/src/manage/autonomy/refresh.ts'
import { openConservation } from '../../packages/server/src/manage/conservation/open-conservation.ts'
import { retain } from '../../packages/server/src/manage/retention/retain.ts'
import { podNamed, pods } from '../../packages/server/src/pods.ts'
import { runDirectly } from '../../packages/server/src/runtime/run-task.ts'
import type { Task } from '../../packages/server/src/runtime/task.ts'
import { auditOf } from '../../packages/server/src/store/audit.ts'
import { forgetOldKeys } from '../../packages/server/src/store/idempotency.ts'
import { tenantsOf } from '../../packages/server/src/store/tenants.ts'
import { explainAll, type Timed } from './doors.ts'
import type { listen } from './queries.ts'
import type { Service } from './service.ts'

/** Each job once: an hour's work beside all that lies there. */
export async function measureJobs(
  service: Service,
  sql: pg.Client,
  heard: ReturnType<typeof listen>,
): Promise<readonly Timed[]> {
  const { app, tenant, signingKey } = service
  const { db } = app
  const now = () => new Date()
  const tenants = () => db.transaction([], tenantsOf)
  const books = openConservation({ db, now, pods, metrics: new Registry() })
  const evidence = { db, signingKey, audit: auditOf() } as Parameters<typeof refreshAutonomy>[0]
  const days = { memoryTtlDays: 180, contactTtlDays: 365, recordTtlDays: 730, wallClock: now }
  const retention: Task = {
    name: 'retention',
    schedule: null,
    run: (at, _, eachTenant) => retain({ db, ...days, forgetOldKeys }, at, eachTenant),
  }
  const jobs: readonly [string, () => Promise<unknown>][] = [
    ['conservation, first run', () => runDirectly(books.tasks[0], now(), tenants)],
    ['conservation, next hour', () => runDirectly(books.tasks[0], new Date(Date.now() + 3_600_000), tenants)],
    ['certificates', () => refreshAutonomy(evidence, tenant, podNamed('customer-ops'), now())],
    ['retention', () => runDirectly(retention, now(), tenants)],
  ]
  const found: Timed[] = []
  for (const [name, run] of jobs) {
    heard.take()
    const startedMs = performance.now()
    const status = await run().then(
      () => 'done',
      (error: Error) => `failed: ${error.message}`,
    )
    const ms = performance.now() - startedMs
    found.push({ name, status, p50: ms, p95: ms, n: 1, explained: await explainAll(sql, service, heard) })
  }
  return found
}
