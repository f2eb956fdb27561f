import type { Gate, JsonObject, Mode } from '@surety/contract'
import type { CalibratorBody } from './calibrators.ts'
import type { Reader } from './db.ts'
import { type QuestionPlace, scopeNow, scopeOf } from './model-scope.ts'

/** What the database says of one tenant and question, as json: times are texts. */
export interface AutonomyRow {
  epoch: number | null
  setting: JsonObject | null
  digest: string | null
  states: readonly { action: string; mode: Mode; gate: Gate; suspended: boolean }[] | null
  /** `body` null: it is the known one. */
  calibrator: { version: number; n: number; built_at: string; body: CalibratorBody | null } | null
  certificates:
    | readonly { action: string; id: string; threshold: number; below: number | null; expires_at: string }[]
    | null
  /** Actions whose first certificate waits to be accepted. */
  waiting: readonly string[] | null
  shortfalls: readonly { action: string; have: number; need: number; unlocks_from: number | null }[] | null
  acts: readonly { action: string; acts: number }[] | null
}

/**
 * One query; every part of it is a look-up by key.
 * @param hour whose automatic acts are asked for
 * @param known the calibrator whose body is not read again
 */
export async function loadAutonomyRow(
  db: Reader,
  tenant: string,
  question: QuestionPlace,
  now: Date,
  hour: Date,
  known: { readonly digest: string; readonly version: number },
): Promise<AutonomyRow> {
  const { rows } = await db.query<AutonomyRow>({
    name: 'load_autonomy',
    text: `with model as (select digest from active_models where tenant_id = ${scopeNow} and pod = $2 and question = $3)
      select
        (select epoch from autonomy_epochs where tenant_id = $1 and pod = $2) as epoch,
        (select value from settings where tenant_id = $1 and pod = $2 and question = $3 and name = 'autonomy' order by version desc limit 1) as setting,
        (select digest from model) as digest,
        (select json_agg(json_build_object('action', action, 'mode', mode, 'gate', gate,
            'suspended', suspended_at is not null))
          from action_states where tenant_id = $1 and pod = $2 and question = $3) as states,
        (select json_build_object('version', version, 'n', n, 'built_at', built_at,
            'body', case when model_digest = $7 and version = $8 then null else body end)
          from calibrators where tenant_id = $1 and pod = $2 and question = $3 and model_digest = (select digest from model)
          order by version desc limit 1) as calibrator,
        (select json_agg(json_build_object('action', action, 'id', certificate_id, 'threshold', threshold, 'below', below,
            'expires_at', expires_at))
          from (select distinct on (action) action, certificate_id, threshold, below, expires_at from certificates c
            where tenant_id = $1 and pod = $2 and question = $3 and model_digest = (select digest from model) and certificate_in_force(c, $5)
            order by action, issued_at desc, certificate_id desc) newest) as certificates,
        (select json_agg(distinct action) from certificates c
          where tenant_id = $1 and pod = $2 and question = $3 and model_digest = (select digest from model) and certificate_waits(c, $5)) as waiting,
        (select json_agg(json_build_object('action', action, 'have', have, 'need', need, 'unlocks_from', unlocks_from))
          from shortfalls
          where tenant_id = $1 and pod = $2 and question = $3 and model_digest = (select digest from model)) as shortfalls,
        (select json_agg(json_build_object('action', action, 'acts', acts))
          from act_counts where tenant_id = $1 and pod = $2 and question = $3 and hour = $6) as acts`,
    values: [tenant, question.pod, question.name, scopeOf(tenant, question), now, hour, known.digest, known.version],
  })
  return rows[0]!
}
