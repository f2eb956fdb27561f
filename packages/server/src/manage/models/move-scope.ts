import { type JsonObject, placeOf } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { bumpEpoch } from '../../store/autonomy-epochs.ts'
import type { Tx } from '../../store/db.ts'
import { chooseScope, type ModelScope, scopeNamed } from '../../store/model-scope.ts'
import type { Asker, ModelsDeps } from './deps.ts'
import { retrain } from './retrain.ts'

/** What became of a move, and the verdict that it went by; null: nothing was to be moved. */
export interface Moved {
  readonly scope: ModelScope
  readonly changed: boolean
  readonly verdict: JsonObject | null
}

/**
 * Lets another model serve a tenant from now on: its own, or that of all. One is trained first, the tenant's cases in it, and has to
 * stand against the one that serves; with its verdict the two are swapped, or nothing is.
 * @param alone runs a training where none is under way at that scope
 */
export async function moveScope(
  deps: ModelsDeps,
  asker: Asker,
  tenant: string,
  to: ModelScope,
  alone: <T>(scope: string, work: () => Promise<T>) => Promise<T>,
): Promise<Moved> {
  const { registry } = deps
  await registry.cover(tenant)
  const [from, scope] = [registry.scopeOf(tenant), scopeNamed(tenant, to)]
  if (from === scope) return { scope: to, changed: false, verdict: null }
  await registry.coverScope(scope)
  // What serves others too must stay good for them; else it is what the tenant has now.
  const [served, waiting] = [registry.current(from)?.model, registry.current(scope)?.model]
  const champion = (to === 'all' ? (waiting ?? served) : (served ?? waiting)) ?? null
  const swap = (db: Tx): Promise<void> => writeMove(deps, asker, tenant, to, db)
  const verdict = await alone(scope, () =>
    retrain(deps, asker, scope, { champion, championGoes: true, guests: [tenant], alongside: { tenant, write: swap } }),
  )
  await registry.scopes.refresh()
  const changed = verdict['accepted'] === true
  return { scope: changed ? to : scopeWord(from), changed, verdict }
}

const scopeWord = (scope: string): ModelScope => (scope === '*' ? 'all' : 'tenant')

/** In the transaction that lets the model serve: what was decided with the one before is decided anew. */
async function writeMove(deps: ModelsDeps, asker: Asker, tenant: string, to: ModelScope, db: Tx): Promise<void> {
  const place = placeOf(deps.question)
  const at = deps.now()
  const { actor, reason, requestId } = asker
  await chooseScope(db, { tenant, ...place, scope: to }, actor, at)
  await bumpEpoch(db, tenant, place.pod)
  const before = { scope: to === 'all' ? 'tenant' : 'all' }
  await deps.audit(db, {
    tenant,
    at,
    actor,
    action: 'model.scope_moved',
    reason,
    before,
    after: { scope: to },
    requestId,
    detail: { ...place },
  })
}

/** Whose scope is to be moved: the caller's, or the one that a platform key names. */
export async function tenantMeant(
  { tenants }: Pick<ModelsDeps, 'tenants'>,
  caller: string,
  named: string | undefined,
): Promise<string> {
  const wrong = (code: string, message: string): Problem =>
    new Problem('validation_failed', undefined, { errors: [{ path: 'tenant', code, message }] })
  if (caller !== '*') {
    if (named !== undefined && named !== caller) throw wrong('not_allowed', 'is that of the key; leave it out')
    return caller
  }
  if (named === undefined) throw wrong('required', 'is required: whose model is meant')
  if (!(await tenants()).includes(named)) throw wrong('unknown', 'there is no such tenant')
  return named
}
