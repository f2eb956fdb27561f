import type { JsonObject } from '@surety/contract'
import { actionStates } from './action-states.ts'
import { certificates } from './certificates.ts'
import type { Reader } from './db.ts'
import { type QuestionPlace, scopeNow, scopeOf } from './model-scope.ts'
import { fromJson, type RowOf } from './table.ts'

const state = actionStates.pick(
  'action',
  'mode',
  'gate',
  'changedAt',
  'changedBy',
  'reason',
  'suspendedAt',
  'suspendedWhy',
  'certifyFrom',
)
/** How an operator and the tripwire have left one action. */
export type ActionRow = RowOf<typeof state>

const newest = certificates.pick(
  'action',
  'id',
  'threshold',
  'below',
  'issuedAt',
  'expiresAt',
  'revokedAt',
  'waits',
  'acceptedAt',
  'modelDigest',
  'recordId',
  'cuts',
)
export type CertificateRow = RowOf<typeof newest>

/** Everything that decides what may be done next about the actions of a question; of each action the newest row. */
export interface ContextRows {
  readonly model: { readonly version: number; readonly digest: string } | null
  readonly setting: { readonly value: JsonObject; readonly actor: string } | null
  readonly policy: JsonObject | null
  readonly states: readonly ActionRow[]
  /** Of records, and of the model that serves. Revoked and expired ones too: what became of the newest is told. */
  readonly certificates: readonly CertificateRow[]
}

interface Found extends Pick<ContextRows, 'model' | 'setting' | 'policy'> {
  readonly states: readonly object[] | null
  readonly certificates: readonly object[] | null
}

export async function readContextRows(db: Reader, tenant: string, question: QuestionPlace): Promise<ContextRows> {
  const { rows } = await db.query<Found>({
    name: 'autonomy_context',
    text: `with model as (select version, digest from active_models where tenant_id = ${scopeNow} and pod = $2 and question = $3)
      select
        (select row_to_json(model) from model) as model,
        (select json_build_object('value', value, 'actor', actor) from settings
          where tenant_id = $1 and pod = $2 and question = $3 and name = 'autonomy' order by version desc limit 1) as setting,
        (select value from settings where tenant_id = $1 and pod = $2 and question = $3 and name = 'policy' order by version desc limit 1) as policy,
        (select json_agg(s) from (select ${state.columns()} from action_states where tenant_id = $1 and pod = $2 and question = $3) s) as states,
        (select json_agg(c) from (select distinct on (action) ${newest.columns()} from certificates
          where tenant_id = $1 and pod = $2 and question = $3 and (record_id is not null or model_digest = (select digest from model))
          order by action, issued_at desc, certificate_id desc) c) as certificates`,
    values: [tenant, question.pod, question.name, scopeOf(tenant, question)],
  })
  const found = rows[0]!
  const { model, setting, policy } = found
  return {
    model,
    setting,
    policy,
    states: fromJson(state, found.states),
    certificates: fromJson(newest, found.certificates),
  }
}
