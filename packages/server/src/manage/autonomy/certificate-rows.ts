import type { JsonObject } from '@surety/contract'
import type { Db } from '../../store/db.ts'
import type { CalibrationRow } from './calibration-rows.ts'
import type { SignedCertificate } from './document.ts'
import { certificateText } from './document.ts'
import type { Shortfall } from './shortfall.ts'

/** All SQL that writes certificates, attempts and shortfalls. */
export interface ActionPlace {
  readonly tenant: string
  readonly pod: string
  readonly action: string
}

export interface NewAttempt {
  readonly attempt: number
  readonly spending: number
  readonly digest: string
  readonly at: Date
  readonly eligible: number
  readonly delta: number
  readonly certificateId: string | null
  readonly detail: JsonObject
}

export async function insertAttempt(db: Db, { tenant, pod, action }: ActionPlace, row: NewAttempt): Promise<void> {
  await db.query({
    name: 'certificate_attempt_add',
    text: `insert into certificate_attempts (tenant_id, pod, action, attempt, spending, model_digest, at, eligible, delta,
        certificate_id, detail) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [
      tenant,
      pod,
      action,
      row.attempt,
      row.spending,
      row.digest,
      row.at,
      row.eligible,
      row.delta,
      row.certificateId,
      JSON.stringify(row.detail),
    ],
  })
}

export async function insertCertificate(db: Db, { tenant, pod, action }: ActionPlace, signed: SignedCertificate) {
  const { id, model, attempt, threshold, below, issued_at, expires_at } = signed.document
  const { version, digest } = model as JsonObject
  await db.query({
    name: 'certificate_add',
    text: `insert into certificates (tenant_id, certificate_id, pod, action, model_digest, model_version, attempt, threshold,
        below, issued_at, expires_at, document) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      tenant,
      id,
      pod,
      action,
      digest,
      version,
      attempt,
      threshold,
      below,
      issued_at,
      expires_at,
      certificateText(signed),
    ],
  })
}

/** Takes back whatever holds for this action, of any model; answers the ids. */
export async function revokeCertificates(
  db: Db,
  { tenant, pod, action }: ActionPlace,
  at: Date,
  reason: string,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ certificate_id: string }>({
    name: 'certificate_revoke',
    text: `update certificates set revoked_at = $4, revoked_reason = $5
      where tenant_id = $1 and pod = $2 and action = $3 and revoked_at is null and expires_at > $4 returning certificate_id`,
    values: [tenant, pod, action, at, reason],
  })
  return rows.map(row => row.certificate_id)
}

export interface KeptCertificate {
  readonly document: string
  readonly modelDigest: string
  readonly pod: string
  readonly action: string
  readonly expiresAt: Date
  readonly revokedAt: Date | null
  readonly revokedReason: string | null
  /** Of the model that serves. */
  readonly serves: boolean
  /** A newer one of the same action and model took its place. */
  readonly replaced: boolean
}

export async function findCertificate(db: Db, tenant: string, id: string): Promise<KeptCertificate | null> {
  const { rows } = await db.query<KeptCertificate>({
    name: 'certificate_by_id',
    text: `select document, model_digest as "modelDigest", pod, action, expires_at as "expiresAt", revoked_at as "revokedAt",
        revoked_reason as "revokedReason",
        exists (select from active_models m where m.tenant_id in ($1, '*') and m.pod = c.pod and m.digest = c.model_digest) as serves,
        exists (select from certificates n where n.tenant_id = c.tenant_id and n.pod = c.pod and n.action = c.action
          and n.model_digest = c.model_digest and (n.issued_at, n.certificate_id) > (c.issued_at, c.certificate_id)) as replaced
      from certificates c where tenant_id = $1 and certificate_id = $2`,
    values: [tenant, id],
  })
  return rows[0] ?? null
}

/** null: nothing is missing. */
export async function saveShortfall(
  db: Db,
  { tenant, pod, action }: ActionPlace,
  found: {
    readonly digest: string
    readonly at: Date
    readonly eligible: number
    readonly shortfall: Shortfall
  } | null,
): Promise<void> {
  if (found === null) {
    await db.query({
      name: 'shortfall_clear',
      text: 'delete from shortfalls where tenant_id = $1 and pod = $2 and action = $3',
      values: [tenant, pod, action],
    })
    return
  }
  const { code, have, need, unlocksFrom, ...rest } = found.shortfall
  await db.query({
    name: 'shortfall_save',
    text: `insert into shortfalls (tenant_id, pod, action, model_digest, at, eligible, code, have, need, unlocks_from, detail)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      on conflict (tenant_id, pod, action) do update set model_digest = excluded.model_digest, at = excluded.at,
        eligible = excluded.eligible, code = excluded.code, have = excluded.have, need = excluded.need,
        unlocks_from = excluded.unlocks_from, detail = excluded.detail`,
    values: [
      tenant,
      pod,
      action,
      found.digest,
      found.at,
      found.eligible,
      code,
      have,
      need,
      unlocksFrom,
      JSON.stringify(rest),
    ],
  })
}

export interface AuditedOf extends ActionPlace {
  readonly digest: string
  readonly since: Date
  readonly until: Date
}

/** Blind-audited cases of one action by time, newest first, and how many audits there were, answered or not. */
export async function readAudited(
  db: Db,
  of: AuditedOf,
): Promise<{ readonly decisions: number; readonly rows: readonly CalibrationRow[] }> {
  const values = [of.tenant, of.pod, of.digest, of.action, of.since, of.until]
  const { rows } = await db.query<CalibrationRow>({
    name: 'calibration_rows_audits',
    text: `select row_id as "rowId", source, probability, label, decided_at as "decidedAt", quality from calibration_rows
      where tenant_id = $1 and pod = $2 and model_digest = $3 and action = $4 and audited and source = 'live'
        and quality <> 'bulk' and decided_at > $5 and decided_at <= $6
      order by decided_at desc, row_id desc limit 100000`,
    values,
  })
  const counted = await db.query<{ n: number }>({
    name: 'decisions_audited',
    text: `select count(*) as n from decisions where tenant_id = $1 and pod = $2 and model_digest = $3 and action = $4
      and audited and recorded_at > $5 and recorded_at <= $6`,
    values,
  })
  return { decisions: counted.rows[0]!.n, rows }
}

/** The newest time that the count of attempts began anew, with who and why; null: never. */
export async function lastRestart(db: Db, { tenant, pod, action }: ActionPlace): Promise<JsonObject | null> {
  const { rows } = await db.query<{ detail: JsonObject }>({
    name: 'certificate_attempts_restart',
    text: `select detail from certificate_attempts where tenant_id = $1 and pod = $2 and action = $3 and spending = 0
      order by attempt desc limit 1`,
    values: [tenant, pod, action],
  })
  const restarted = rows[0]?.detail['restarted']
  return restarted === undefined ? null : (restarted as JsonObject)
}
