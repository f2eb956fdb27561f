import type { JsonObject } from '@surety/contract'
import { actionStates } from './action-states.ts'
import { attempts } from './certificate-attempts.ts'
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

const attempt = attempts.pick('action', 'attempt', 'spending', 'digest', 'at', 'eligible', 'certificateId', 'detail')
/** An attempt to certify, or the restart of their count (`spending` 0). */
export type AttemptRow = RowOf<typeof attempt>

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
)
export type CertificateRow = RowOf<typeof newest>

/** Everything that decides what may be done next about the actions of a question; of each action the newest row. */
export interface ContextRows {
  readonly model: { readonly version: number; readonly digest: string } | null
  readonly setting: { readonly value: JsonObject; readonly actor: string } | null
  readonly policy: JsonObject | null
  readonly states: readonly ActionRow[]
  readonly attempts: readonly AttemptRow[]
  readonly attemptsOfModel: readonly AttemptRow[]
  /** Revoked and expired ones too: what became of the newest says whether to ask again. */
  readonly certificates: readonly CertificateRow[]
}

interface Found extends Pick<ContextRows, 'model' | 'setting' | 'policy'> {
  readonly states: readonly object[] | null
  readonly attempts: readonly object[] | null
  readonly attempts_of_model: readonly object[] | null
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
        (select json_agg(a) from (select distinct on (action) ${attempt.columns()} from certificate_attempts
          where tenant_id = $1 and pod = $2 and question = $3 order by action, attempt desc) a) as attempts,
        (select json_agg(a) from (select distinct on (action) ${attempt.columns()} from certificate_attempts
          where tenant_id = $1 and pod = $2 and question = $3 and model_digest = (select digest from model)
          order by action, attempt desc) a) as attempts_of_model,
        (select json_agg(c) from (select distinct on (action) ${newest.columns()} from certificates
          where tenant_id = $1 and pod = $2 and question = $3 and model_digest = (select digest from model)
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
    attempts: fromJson(attempt, found.attempts),
    attemptsOfModel: fromJson(attempt, found.attempts_of_model),
    certificates: fromJson(newest, found.certificates),
  }
}
