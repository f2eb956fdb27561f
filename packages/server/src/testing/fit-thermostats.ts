import type { Database } from '../store/db.ts'
import { stillKnown } from '../store/entity-changes.ts'

/** Thermostats of the third pod, each with a target of 20 degrees, written as the door would. @param before changes of the tenant that there are */
export async function fitThermostats(
  db: Database,
  tenant: string,
  codes: readonly string[],
  before = 0,
): Promise<void> {
  await db.transaction([tenant], async handle => {
    for (const [n, code] of codes.entries()) {
      const change = before + n + 1
      await handle.query(
        `insert into entity_changes (tenant_id, pod, change, recorded_at, actor, kind, what, entities)
          values ($1, 'heating', $2, now(), 'test', 'thermostat', 'created', 1)`,
        [tenant, change],
      )
      await handle.query(
        `insert into entities (tenant_id, pod, kind, entity_id, valid_from, known_from, known_until, version, made_in, ended, body)
          values ($1, 'heating', 'thermostat', $2, '2026-01-01', $3, $4, 1, $3, false, $5)`,
        [tenant, code, change, stillKnown, JSON.stringify({ code, room: 'hall', target: 20, tags: [], fitted: null })],
      )
    }
  })
}
