import type { Gate, JsonObject, Mode, Pod } from '@surety/contract'
import type { Calibration, CertifiedRegion } from '../../pipeline/item.ts'
import type { Reader } from '../../store/db.ts'
import { type Budgets, budgetsOf } from './budgets.ts'
import { type CalibratorRow, toCalibration } from './calibrator-body.ts'

/** What the database says of one tenant and pod: everything the line needs to know how far it may go. */
export interface AutonomyState {
  readonly epoch: number
  readonly budgets: Budgets
  /** By action; the pod's defaults where there is none. */
  readonly states: ReadonlyMap<string, { readonly mode: Mode; readonly gate: Gate; readonly suspended: boolean }>
  /** The model that the evidence below speaks of; null: none serves. */
  readonly digest: string | null
  readonly calibration: Calibration | null
  /** By action. */
  readonly certificates: ReadonlyMap<string, CertifiedRegion>
  /** By action: what the next certificate lacks, as of the last look at the labels. */
  readonly shortfalls: ReadonlyMap<string, KnownShortfall>
  /** Automatic acts of the hour in which it was read, by action. */
  readonly acts: ReadonlyMap<string, number>
  readonly hour: number
}

export interface KnownShortfall {
  readonly have: number
  readonly need: number
  readonly unlocksFrom: number | null
}

const hourMs = 3_600_000

interface Found {
  epoch: number | null
  setting: JsonObject | null
  digest: string | null
  states: readonly { action: string; mode: Mode; gate: Gate; suspended: boolean }[] | null
  /** `body` null: it is the known one. */
  calibrator: { version: number; n: number; built_at: string; body: CalibratorRow['body'] | null } | null
  certificates:
    | readonly { action: string; id: string; threshold: number; below: number | null; expires_at: string }[]
    | null
  shortfalls: readonly { action: string; have: number; need: number; unlocks_from: number | null }[] | null
  acts: readonly { action: string; acts: number }[] | null
}

/**
 * One query; every part of it is a look-up by key.
 * @param known what was read last time: the body of a calibrator that has not changed is not read again
 */
export async function loadAutonomy(
  db: Reader,
  tenant: string,
  pod: Pod,
  now: Date,
  known: Pick<AutonomyState, 'digest' | 'calibration'> | null = null,
): Promise<AutonomyState> {
  const hour = Math.floor(now.getTime() / hourMs) * hourMs
  const { rows } = await db.query<Found>({
    name: 'load_autonomy',
    text: `with model as (select digest from active_models where tenant_id = $3 and pod = $2)
      select
        (select epoch from autonomy_epochs where tenant_id = $1 and pod = $2) as epoch,
        (select value from settings where tenant_id = $1 and pod = $2 and name = 'autonomy' order by version desc limit 1) as setting,
        (select digest from model) as digest,
        (select json_agg(json_build_object('action', action, 'mode', mode, 'gate', gate,
            'suspended', suspended_at is not null))
          from action_states where tenant_id = $1 and pod = $2) as states,
        (select json_build_object('version', version, 'n', n, 'built_at', built_at,
            'body', case when model_digest = $6 and version = $7 then null else body end)
          from calibrators where tenant_id = $1 and pod = $2 and model_digest = (select digest from model)
          order by version desc limit 1) as calibrator,
        (select json_agg(json_build_object('action', action, 'id', certificate_id, 'threshold', threshold, 'below', below,
            'expires_at', expires_at))
          from (select distinct on (action) action, certificate_id, threshold, below, expires_at from certificates
            where tenant_id = $1 and pod = $2 and model_digest = (select digest from model) and revoked_at is null
              and expires_at > $4
            order by action, issued_at desc, certificate_id desc) newest) as certificates,
        (select json_agg(json_build_object('action', action, 'have', have, 'need', need, 'unlocks_from', unlocks_from))
          from shortfalls
          where tenant_id = $1 and pod = $2 and model_digest = (select digest from model)) as shortfalls,
        (select json_agg(json_build_object('action', action, 'acts', acts))
          from act_counts where tenant_id = $1 and pod = $2 and hour = $5) as acts`,
    values: [
      tenant,
      pod.name,
      pod.modelScope === 'all' ? '*' : tenant,
      now,
      new Date(hour),
      known?.digest ?? '',
      known?.calibration?.version ?? -1,
    ],
  })
  const found = rows[0]!
  return {
    epoch: found.epoch ?? 0,
    budgets: budgetsOf(pod, found.setting ?? undefined),
    states: new Map((found.states ?? []).map(state => [state.action, state])),
    digest: found.digest,
    calibration: calibrationOf(found.calibrator, known?.calibration ?? null),
    certificates: new Map(
      (found.certificates ?? []).map(({ action, id, threshold, below, expires_at }) => [
        action,
        { id, threshold, below, expiresAt: new Date(expires_at).getTime() },
      ]),
    ),
    shortfalls: new Map(
      (found.shortfalls ?? []).map(({ action, have, need, unlocks_from: unlocksFrom }) => [
        action,
        { have, need, unlocksFrom },
      ]),
    ),
    acts: new Map((found.acts ?? []).map(({ action, acts }) => [action, acts])),
    hour,
  }
}

function calibrationOf(found: Found['calibrator'], known: Calibration | null): Calibration | null {
  if (found === null) return null
  const { body, version, n, built_at } = found
  const builtAt = new Date(built_at)
  if (body !== null) return toCalibration({ version, n, builtAt, body })
  if (known === null) throw new Error('a calibrator came without its body')
  return known.refreshedAt === builtAt.getTime() ? known : { ...known, refreshedAt: builtAt.getTime() }
}
