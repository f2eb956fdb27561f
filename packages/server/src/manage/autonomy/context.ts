import type { Action, Gate, JsonObject, Mode, Pod } from '@surety/contract'
import type { Db } from '../../store/db.ts'
import { type Budgets, budgetsOf } from './budgets.ts'
import { scopeOf } from './calibration-rows.ts'

/** How an operator and the tripwire have left one action. */
export interface ActionRow {
  readonly mode: Mode
  readonly gate: Gate
  readonly changedAt: Date
  readonly changedBy: string
  readonly reason: string
  readonly suspendedAt: Date | null
  readonly suspendedWhy: string | null
  readonly certifyFrom: Date | null
}

/** An attempt to certify, or the restart of their count (`spending` 0). */
export interface AttemptRow {
  readonly attempt: number
  readonly spending: number
  readonly digest: string
  readonly at: Date
  readonly eligible: number
  readonly certificateId: string | null
  readonly detail: JsonObject
}

export interface CertificateRow {
  readonly id: string
  readonly threshold: number
  readonly below: number | null
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** One action with everything that decides what may be done next about it. */
export interface ActionContext {
  /** With the budgets in force. */
  readonly action: Action
  /** null: nobody has set anything; the pod's default mode and the gate `certified` hold. */
  readonly row: ActionRow | null
  /** The newest of all, of whatever model: attempts are counted for good. */
  readonly last: AttemptRow | null
  /** The newest of the model that serves. */
  readonly lastOfModel: AttemptRow | null
  /** The newest of the model that serves, unless it was revoked; it may have expired. */
  readonly certificate: CertificateRow | null
}

export interface Context {
  readonly tenant: string
  readonly pod: Pod
  readonly model: { readonly version: number; readonly digest: string } | null
  readonly budgets: Budgets
  /** The operator's threshold on the probability. */
  readonly floor: number
  /** Who set the budgets: the actor of the newest setting. */
  readonly acceptedBy: string
  readonly act: ActionContext
  readonly clear: ActionContext
}

interface StoredState {
  readonly action: string
  readonly mode: Mode
  readonly gate: Gate
  readonly changed_at: string
  readonly changed_by: string
  readonly reason: string
  readonly suspended_at: string | null
  readonly suspended_why: string | null
  readonly certify_from: string | null
}

interface StoredAttempt {
  readonly action: string
  readonly attempt: number
  readonly spending: number
  readonly model_digest: string
  readonly at: string
  readonly eligible: number
  readonly certificate_id: string | null
  readonly detail: JsonObject
}

interface StoredCertificate {
  readonly action: string
  readonly certificate_id: string
  readonly threshold: number
  readonly below: number | null
  readonly issued_at: string
  readonly expires_at: string
  readonly revoked: boolean
}

interface Found {
  readonly model: { readonly version: number; readonly digest: string } | null
  readonly setting: { readonly value: JsonObject; readonly actor: string } | null
  readonly policy: JsonObject | null
  readonly states: readonly StoredState[] | null
  readonly attempts: readonly StoredAttempt[] | null
  readonly attempts_of_model: readonly StoredAttempt[] | null
  readonly certificates: readonly StoredCertificate[] | null
}

const attemptColumns = 'action, attempt, spending, model_digest, at, eligible, certificate_id, detail'

/** @param pod its `threshold` is the floor where no policy was saved */
export async function readContext(db: Db, tenant: string, pod: Pod): Promise<Context> {
  const { rows } = await db.query<Found>({
    name: 'autonomy_context',
    text: `with model as (select version, digest from active_models where tenant_id = $3 and pod = $2)
      select
        (select row_to_json(model) from model) as model,
        (select json_build_object('value', value, 'actor', actor) from settings
          where tenant_id = $1 and pod = $2 and name = 'autonomy' order by version desc limit 1) as setting,
        (select value from settings where tenant_id = $1 and pod = $2 and name = 'policy' order by version desc limit 1) as policy,
        (select json_agg(s) from (select action, mode, gate, changed_at, changed_by, reason, suspended_at, suspended_why,
            certify_from from action_states where tenant_id = $1 and pod = $2) s) as states,
        (select json_agg(a) from (select distinct on (action) ${attemptColumns} from certificate_attempts
          where tenant_id = $1 and pod = $2 order by action, attempt desc) a) as attempts,
        (select json_agg(a) from (select distinct on (action) ${attemptColumns} from certificate_attempts
          where tenant_id = $1 and pod = $2 and model_digest = (select digest from model)
          order by action, attempt desc) a) as attempts_of_model,
        (select json_agg(c) from (select distinct on (action) action, certificate_id, threshold, below, issued_at, expires_at,
            revoked_at is not null as revoked from certificates
          where tenant_id = $1 and pod = $2 and model_digest = (select digest from model)
          order by action, issued_at desc, certificate_id desc) c) as certificates`,
    values: [tenant, pod.name, scopeOf(tenant, pod)],
  })
  const found = rows[0]!
  const budgets = budgetsOf(pod, found.setting?.value)
  const threshold = found.policy?.['threshold']
  const of = (action: Action): ActionContext => ({
    action,
    row: toRow(found.states?.find(one => one.action === action.name)),
    last: toAttempt(found.attempts?.find(one => one.action === action.name)),
    lastOfModel: toAttempt(found.attempts_of_model?.find(one => one.action === action.name)),
    certificate: toCertificate(found.certificates?.find(one => one.action === action.name)),
  })
  return {
    tenant,
    pod,
    model: found.model,
    budgets,
    floor: typeof threshold === 'number' ? threshold : pod.threshold,
    acceptedBy: found.setting?.actor ?? 'default policy',
    act: of(budgets.act),
    clear: of(budgets.clear),
  }
}

const dateOrNull = (text: string | null): Date | null => (text === null ? null : new Date(text))

function toRow(found: StoredState | undefined): ActionRow | null {
  if (found === undefined) return null
  const { mode, gate, changed_by: changedBy, reason, suspended_why: suspendedWhy } = found
  return {
    mode,
    gate,
    changedBy,
    reason,
    suspendedWhy,
    changedAt: new Date(found.changed_at),
    suspendedAt: dateOrNull(found.suspended_at),
    certifyFrom: dateOrNull(found.certify_from),
  }
}

function toAttempt(found: StoredAttempt | undefined): AttemptRow | null {
  if (found === undefined) return null
  const { attempt, spending, model_digest: digest, eligible, certificate_id: certificateId, detail } = found
  return { attempt, spending, digest, at: new Date(found.at), eligible, certificateId, detail }
}

function toCertificate(found: StoredCertificate | undefined): CertificateRow | null {
  if (found === undefined || found.revoked) return null
  const { certificate_id: id, threshold, below } = found
  return { id, threshold, below, issuedAt: new Date(found.issued_at), expiresAt: new Date(found.expires_at) }
}
