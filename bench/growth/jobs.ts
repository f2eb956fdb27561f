import type pg from 'pg'
import { runDirectly } from '../../packages/server/src/runtime/run-task.ts'
import { tenantsOf } from '../../packages/server/src/store/tenants.ts'
import { explainAll, type Timed } from './doors.ts'
import type { listen } from './queries.ts'
import type { Service } from './service.ts'

const hourMs = 3_600_000

/** Each job once as it would run now, and the books again an hour later: work of one turn beside all that lies there. */
export async function measureJobs(
  service: Service,
  sql: pg.Client,
  heard: ReturnType<typeof listen>,
): Promise<readonly Timed[]> {
  const { app } = service
  const tenants = () => app.db.transaction([], tenantsOf)
  const turns = app.recurs.flatMap(task => {
    const at = [new Date(), ...(task.name === 'conservation' ? [new Date(Date.now() + hourMs)] : [])]
    return at.map((moment, turn) => ({ task, moment, name: turn === 0 ? task.name : `${task.name}, an hour later` }))
  })
  const found: Timed[] = []
  for (const { task, moment, name } of turns) {
    heard.take()
    const startedMs = performance.now()
    const status = await runDirectly(task, moment, tenants).then(
      () => 'done',
      (error: Error) => `failed: ${error.message}`,
    )
    const ms = performance.now() - startedMs
    found.push({ name, status, p50: ms, p95: ms, n: 1, explained: await explainAll(sql, service, heard) })
  }
  return found
}
