import type { Pod } from '@surety/contract'
import type { Database, Db } from '../../store/db.ts'
import { type BuiltCalibrator, buildCalibratorInTurns } from './build-calibrator.ts'
import { countNew, type Eligibility, matureUntil, readEligible } from './calibration-rows.ts'
import type { CalibratorBody } from './calibrator-body.ts'
import { maturityMs } from './maturity.ts'

/** What became of one look at the labels of a model. */
export type Refreshed =
  /** A new version stands. */
  | { readonly kind: 'built'; readonly version: number; readonly n: number; readonly positives: number }
  /** Fewer than 50 new labels, but some: the calibrator counts as of now. */
  | { readonly kind: 'confirmed'; readonly version: number; readonly fresh: number }
  /** Looked at within the hour, or no new label came. */
  | { readonly kind: 'unchanged'; readonly version: number }
  | { readonly kind: 'too_few'; readonly have: number; readonly need: number }

const hourMs = 3_600_000
const newLabels = 50
const keptVersions = 20

type CalibratedPod = Pick<Pod, 'name' | 'maturityDays'>

/**
 * Keeps the calibrator of one model up to date: at most hourly, and anew only after 50 labels that the last one did not
 * know. One that nobody could refresh for 30 days is stale, and the line asks a person (`stale_calibrator`).
 * @param at.once true: whatever the hour and however few labels are new (an upload, a new model)
 */
export async function refreshCalibrator(
  db: Database,
  tenant: string,
  pod: CalibratedPod,
  digest: string,
  now: Date,
  { once = false }: { readonly once?: boolean } = {},
): Promise<Refreshed> {
  const place = { tenant, pod: pod.name, digest }
  const plan = await db.transaction([tenant], async handle => {
    const last = await lastCalibrator(handle, place)
    if (last !== null && !once && now.getTime() - last.builtAt.getTime() < hourMs) return unchanged(last)
    const of: Eligibility = { ...place, now, maturityMs: await maturityMs(handle, tenant, pod, now) }
    if (last !== null && !once) {
      const fresh = await countNew(handle, of, last.fittedAt, last.fittedUntil)
      if (fresh === 0) return unchanged(last)
      if (fresh < newLabels) {
        await confirm(handle, place, last.version, now)
        return { kind: 'confirmed', version: last.version, fresh } as const
      }
    }
    return { kind: 'build', last, of, rows: await readEligible(handle, of) } as const
  })
  if (plan.kind !== 'build') return plan
  const built = await buildCalibratorInTurns(plan.rows)
  if (!built.ok) return { kind: 'too_few', have: built.have, need: built.need }
  const version = (plan.last?.version ?? 0) + 1
  const saved = await db.transaction([tenant], handle => save(handle, place, version, built, now, matureUntil(plan.of)))
  // Another process made this version meanwhile: what it has not seen counts as new from there.
  if (!saved) return refreshCalibrator(db, tenant, pod, digest, now, { once })
  return { kind: 'built', version, n: built.n, positives: built.positives }
}

const unchanged = ({ version }: { readonly version: number }): Refreshed => ({ kind: 'unchanged', version })

interface Place {
  readonly tenant: string
  readonly pod: string
  readonly digest: string
}

/** The newest calibrator of a model, without its body. */
export interface LastCalibrator {
  readonly version: number
  readonly builtAt: Date
  readonly fittedAt: Date
  readonly fittedUntil: Date
  readonly n: number
  readonly positives: number
}

/** null: none was made. */
export async function lastCalibrator(db: Db, { tenant, pod, digest }: Place): Promise<LastCalibrator | null> {
  const { rows } = await db.query<{
    version: number
    built_at: Date
    fitted_at: Date
    fitted_until: Date
    n: number
    positives: number
  }>({
    name: 'calibrator_last',
    text: `select version, built_at, fitted_at, fitted_until, n, positives from calibrators
      where tenant_id = $1 and pod = $2 and model_digest = $3 order by version desc limit 1`,
    values: [tenant, pod, digest],
  })
  const row = rows[0]
  if (row === undefined) return null
  const { built_at: builtAt, fitted_at: fittedAt, fitted_until: fittedUntil, ...rest } = row
  return { builtAt, fittedAt, fittedUntil, ...rest }
}

/** One version with its body; null: it is gone. */
export async function readCalibrator(db: Db, place: Place, version: number): Promise<CalibratorBody | null> {
  const { rows } = await db.query<{ body: CalibratorBody }>({
    name: 'calibrator_body',
    text: 'select body from calibrators where tenant_id = $1 and pod = $2 and model_digest = $3 and version = $4',
    values: [place.tenant, place.pod, place.digest, version],
  })
  return rows[0]?.body ?? null
}

async function confirm(db: Db, { tenant, pod, digest }: Place, version: number, now: Date): Promise<void> {
  await db.query({
    name: 'calibrator_confirm',
    text: `update calibrators set built_at = greatest(built_at, $5)
      where tenant_id = $1 and pod = $2 and model_digest = $3 and version = $4`,
    values: [tenant, pod, digest, version, now],
  })
}

/** false: another process has made this version, and nothing was written. */
async function save(
  db: Db,
  { tenant, pod, digest }: Place,
  version: number,
  { n, positives, body }: BuiltCalibrator,
  now: Date,
  until: Date,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'calibrator_save',
    text: `insert into calibrators (tenant_id, pod, model_digest, version, built_at, fitted_at, fitted_until, n, positives, body)
      values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9) on conflict (tenant_id, pod, model_digest, version) do nothing`,
    values: [tenant, pod, digest, version, now, until, n, positives, JSON.stringify(body)],
  })
  await db.query({
    name: 'calibrators_trim',
    text: 'delete from calibrators where tenant_id = $1 and pod = $2 and model_digest = $3 and version <= $4',
    values: [tenant, pod, digest, version - keptVersions],
  })
  return rowCount === 1
}
