import type { Gate, JsonObject, Mode } from '@surety/contract'
import type { CalibratorBody } from './calibrators.ts'
import type { Reader } from './db.ts'
import { type QuestionPlace, scopeNow, scopeOf } from './model-scope.ts'
import type { CutThresholds } from './version-cuts.ts'

/** What the database says of one tenant and question, as json: times are texts. */
export interface AutonomyRow {
  epoch: number | null
  setting: JsonObject | null
  digest: string | null
  states: readonly { action: string; mode: Mode; gate: Gate; suspended: boolean }[] | null
  /** The version that is acted on: another one than the model that serves only while a certificate of a record is in force. */
  acting: { version: number; digest: string } | null
  /** `body` null: it is the known one. */
  calibrator: CalibratorFound | null
  /** Of the version that is acted on, where it is another one. */
  acting_calibrator: CalibratorFound | null
  /** Of the version that is acted on, as are the certificates. */
  thresholds: CutThresholds | null
  certificates:
    | readonly {
        action: string
        id: string
        threshold: number
        below: number | null
        expires_at: string
        /** Of a record: what it certifies and where the version passes; null: it is of one model. */
        cuts: readonly number[] | null
        passes: readonly number[] | null
      }[]
    | null
  /** Actions whose first certificate waits to be accepted. */
  waiting: readonly string[] | null
  shortfalls:
    | readonly {
        action: string
        have: number
        need: number
        unlocks_from: number | null
        unlocks_share: number | null
      }[]
    | null
  acts: readonly { action: string; acts: number }[] | null
}

interface CalibratorFound {
  readonly version: number
  readonly n: number
  readonly built_at: string
  readonly body: CalibratorBody | null
}

/** A calibrator that the caller has, so that its body is not read again. */
export interface KnownCalibrator {
  readonly digest: string
  readonly version: number
}

/** The newest of the model of this digest; `$7`, `$8`: those that are known. */
const calibratorOf = (
  digest: string,
): string => `(select json_build_object('version', version, 'n', n, 'built_at', built_at,
            'body', case when (model_digest, version) in (select * from unnest($7::text[], $8::int[])) then null else body end)
          from calibrators where tenant_id = $1 and pod = $2 and question = $3 and model_digest = ${digest}
          order by version desc limit 1)`

/**
 * One query; every part of it is a look-up by key.
 * @param hour whose automatic acts are asked for
 * @param known calibrators whose bodies are not read again
 */
export async function loadAutonomyRow(
  db: Reader,
  tenant: string,
  question: QuestionPlace,
  now: Date,
  hour: Date,
  known: readonly KnownCalibrator[],
): Promise<AutonomyRow> {
  const { rows } = await db.query<AutonomyRow>({
    name: 'load_autonomy',
    text: `with model as (select version, digest from active_models where tenant_id = ${scopeNow} and pod = $2 and question = $3),
      in_force as materialized (select action, certificate_id, threshold, below, issued_at, expires_at, model_digest, record_id, cuts
        from certificates c where tenant_id = $1 and pod = $2 and question = $3 and certificate_in_force(c, $5)),
      handed as (select model_version as version, model_digest as digest from acting_versions v
        where tenant_id = $1 and pod = $2 and question = $3 and exists (select from in_force where record_id is not null)
          and exists (select from models m where m.tenant_id in ($1, '*') and m.pod = $2 and m.question = $3
            and m.digest = v.model_digest and m.accepted_at is not null)),
      acting as materialized (select version, digest from (select *, 1 as rank from handed union all select *, 2 from model) one order by rank limit 1)
      select
        (select epoch from autonomy_epochs where tenant_id = $1 and pod = $2) as epoch,
        (select value from settings where tenant_id = $1 and pod = $2 and question = $3 and name = 'autonomy' order by version desc limit 1) as setting,
        (select digest from model) as digest,
        (select row_to_json(acting) from acting) as acting,
        (select json_agg(json_build_object('action', action, 'mode', mode, 'gate', gate,
            'suspended', suspended_at is not null))
          from action_states where tenant_id = $1 and pod = $2 and question = $3) as states,
        ${calibratorOf('(select digest from model)')} as calibrator,
        ${calibratorOf('(select digest from acting where digest is distinct from (select digest from model))')} as acting_calibrator,
        (select thresholds from version_cuts where tenant_id = $1 and pod = $2 and question = $3
          and model_digest = (select digest from acting)) as thresholds,
        (select json_agg(json_build_object('action', action, 'id', certificate_id, 'threshold', threshold, 'below', below,
            'expires_at', expires_at, 'cuts', cuts, 'passes', (select passes from version_checks k
              where k.tenant_id = $1 and k.pod = $2 and k.question = $3 and k.action = newest.action
                and k.model_digest = (select digest from acting) and newest.record_id is not null)))
          from (select distinct on (action) * from in_force
            where record_id is not null or model_digest = (select digest from acting)
            order by action, issued_at desc, certificate_id desc) newest) as certificates,
        (select json_agg(distinct action) from certificates c
          where tenant_id = $1 and pod = $2 and question = $3 and (record_id is not null or model_digest = (select digest from acting))
            and certificate_waits(c, $5)) as waiting,
        (select json_agg(json_build_object('action', action, 'have', have, 'need', need, 'unlocks_from', unlocks_from,
            'unlocks_share', unlocks_share))
          from shortfalls
          where tenant_id = $1 and pod = $2 and question = $3 and model_digest = (select digest from model)) as shortfalls,
        (select json_agg(json_build_object('action', action, 'acts', acts))
          from act_counts where tenant_id = $1 and pod = $2 and question = $3 and hour = $6) as acts`,
    values: [
      tenant,
      question.pod,
      question.name,
      scopeOf(tenant, question),
      now,
      hour,
      known.map(({ digest }) => digest),
      known.map(({ version }) => version),
    ],
  })
  return rows[0]!
}
