import type { FeatureSpec, QuestionKey } from '@surety/contract'
import { driftWindow } from '../../model/drift.ts'
import type { Database } from '../../store/db.ts'
import { newestScored, type ScoredVector } from '../../store/decisions.ts'
import { schemasOf } from '../../store/feature-schemas.ts'
import type { Registry } from './registry.ts'

/** Fills the drift window of a process that has just started from the newest recorded predictions. */
export async function warmDrift(
  db: Database,
  question: QuestionKey,
  tenants: readonly string[],
  registry: Registry,
): Promise<void> {
  for (const [scope, members] of Map.groupBy(tenants, tenant => registry.scopeOf(tenant))) {
    if (registry.current(scope) === null) continue
    const found: { tenant: string; row: ScoredVector; specs: readonly FeatureSpec[] }[] = []
    for (const tenant of members) {
      const { rows, specs } = await db.read([tenant], async handle => {
        return {
          rows: await newestScored(handle, tenant, question, driftWindow),
          specs: await schemasOf(handle, tenant, question.pod),
        }
      })
      for (const row of rows) found.push({ tenant, row, specs: specs.get(row.schemaHash) ?? [] })
    }
    found.sort((a, b) => a.row.recordedAt.getTime() - b.row.recordedAt.getTime())
    for (const { tenant, row, specs } of found.slice(-driftWindow))
      registry.observe(tenant, { hash: row.schemaHash, specs }, row.features)
  }
}
