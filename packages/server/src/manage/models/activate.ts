import { canonical, type JsonObject, placeOf } from '@surety/contract'
import { eachApart } from '../../errors.ts'
import type { ModelArtefact } from '../../model/artefact.ts'
import type { Tx } from '../../store/db.ts'
import { pointAt, saveModel } from '../../store/models.ts'
import type { Asker, HeldOutRow, ModelsDeps } from './deps.ts'

export interface Acceptance {
  readonly scope: string
  readonly model: ModelArtefact
  /** Would it pass at the floor? */
  readonly validated: boolean
  readonly minAuc: number
  /** The written verdict, or where the model came from. */
  readonly verdict: JsonObject
  /** `model.accepted` · `model.retrained` · `model.activated` */
  readonly action: string
  /** What it was judged on, of every tenant it will serve; left out by a model that was trained elsewhere. */
  readonly heldOut?: readonly HeldOutRow[]
  /** What of a tenant is written in the same transaction. */
  readonly alongside?: { readonly tenant: string; write(db: Tx): Promise<void> }
}

/**
 * Keeps the model, moves the pointer, writes the audit entry: one transaction. Every process follows its notice. The
 * evidence comes before, each tenant's in a session of its own, so that a model never serves without what it starts with;
 * where nothing follows, it belongs to no model and is let go with the next one.
 */
export async function activate(deps: ModelsDeps, asker: Asker, accepted: Acceptance): Promise<void> {
  const { scope, model, validated, minAuc } = accepted
  const place = { ...placeOf(deps.question), scope }
  const at = deps.now()
  const { version, digest, metrics } = model
  const verdict = { ...accepted.verdict, min_auc: minAuc }
  const byTenant = Map.groupBy(accepted.heldOut ?? [], row => row.tenant)
  for (const [tenant, rows] of byTenant) await deps.evidence?.keep(tenant, digest, rows, at)
  const { alongside } = accepted
  const whose = alongside === undefined ? [scope] : [...new Set([scope, alongside.tenant])]
  await deps.db.transaction(whose, async handle => {
    await saveModel(handle, place, {
      version,
      digest,
      artefact: canonical(model),
      accepted: true,
      validated,
      verdict,
      at,
    })
    await pointAt(handle, place, { version, digest, validated }, at)
    await alongside?.write(handle)
    const { actor, reason, requestId } = asker
    const before = deps.registry.current(scope)?.model.digest
    const detail = {
      ...placeOf(deps.question),
      version,
      auc: metrics.auc,
      n_train: metrics.n_train,
      validated,
      verdict,
    }
    await deps.audit(handle, {
      tenant: scope,
      at,
      actor,
      action: accepted.action,
      reason,
      before,
      after: digest,
      requestId,
      detail,
    })
  })
  await deps.registry.refresh()
  if (deps.evidence === undefined) return
  const serving = deps.registry.current(scope)
  const { evidence } = deps
  await eachApart(scope === '*' ? await deps.tenants() : [scope], async tenant => {
    if (serving !== null) await evidence.begin(tenant, serving.scorer, at)
    await evidence.tidy(tenant)
  })
}
