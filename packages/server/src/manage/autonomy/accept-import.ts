import type { Answered } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { acceptImported } from '../../store/imported-cases.ts'
import type { Asker, AutonomyDeps } from './deps.ts'

/**
 * An admin takes what a key imported until now as the tenant's own history: a record may begin with it, and none of the rules for
 * labels in bulk binds it any more.
 * @param key null: what was imported by no key that is known
 * @throws Problem `import_not_found`, `reason_required`
 */
export async function acceptImport(
  { db, audit }: Pick<AutonomyDeps, 'db' | 'audit'>,
  tenant: string,
  key: string | null,
  by: Asker,
  at: Date,
): Promise<Answered<'acceptImport'>> {
  if (by.reason.trim() === '') throw new Problem('reason_required')
  return db.transaction([tenant], async handle => {
    const { outcomes, bulk, first, last } = await acceptImported(handle, tenant, key, { at, ...by })
    if (outcomes === 0 || first === null || last === null) throw new Problem('import_not_found')
    const found = { key, outcomes, bulk, first: first.toISOString(), last: last.toISOString() }
    await audit(handle, { tenant, at, ...by, action: 'autonomy.import_accepted', detail: found })
    return { ...found, accepted: { at: at.toISOString(), by: by.actor, reason: by.reason } }
  })
}
