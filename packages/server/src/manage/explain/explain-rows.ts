import type { Decision, FeatureSpec, JsonObject, Reason, State } from '@surety/contract'
import { clockSlack, type Db } from '../../store/db.ts'

/** The SQL behind an explanation: each a look-up by key. */

/** Is the case still waiting for a person who is to judge it without the machine's opinion? */
export async function isWithheld(db: Db, { tenant, pod, caseId }: Decision): Promise<boolean> {
  const { rows } = await db.query<{ withheld: boolean }>({
    name: 'explain_withheld',
    text: `select state = 'open' and hidden as withheld from inbox where tenant_id = $1 and pod = $2 and case_id = $3`,
    values: [tenant, pod, caseId],
  })
  return rows[0]?.withheld === true
}

export interface Transition {
  readonly at: Date
  readonly from: State
  readonly to: State
  readonly reason: Reason
  readonly actor: string
}

/** What became of the case after the decision, oldest first. */
export async function transitionsOf(db: Db, decision: Decision): Promise<readonly Transition[]> {
  const { rows } = await db.query<{ at: Date; from: State; to: State; reason: Reason; actor: string }>({
    name: 'explain_transitions',
    text: `select recorded_at as at, from_state as "from", to_state as "to", reason, actor from transitions
      where tenant_id = $1 and case_id = $2 and decision_id = $3 and recorded_at >= $4::timestamptz - ${clockSlack}
      order by recorded_at`,
    values: [decision.tenant, decision.caseId, decision.id, decision.recordedAt],
  })
  return rows
}

export interface Cut {
  readonly certificate: string
  readonly threshold: number
  readonly below: number | null
}

/** The certificate that was in force for this action and model when the decision was made. */
export async function cutAt(db: Db, decision: Decision): Promise<Cut | null> {
  const { tenant, pod, action, score, recordedAt } = decision
  const { rows } = await db.query<{ certificate: string; threshold: number; below: number | null }>({
    name: 'explain_certificate',
    text: `select certificate_id as certificate, threshold, below from certificates
      where tenant_id = $1 and pod = $2 and action = $3 and model_digest = $4 and issued_at <= $5 and expires_at > $5
        and (revoked_at is null or revoked_at > $5)
      order by issued_at desc, certificate_id desc limit 1`,
    values: [tenant, pod, action, score.modelDigest ?? '', recordedAt],
  })
  return rows[0] ?? null
}

/** How far the newest attempt to certify this action on this model came. */
export interface Attempt {
  readonly certified: boolean
  /** Outcomes that count, and how many were needed; null: the refusal had another reason. */
  readonly have: number | null
  readonly need: number | null
  /** Outcomes at or beyond this probability are the ones that count. */
  readonly from: number | null
}

export async function newestAttempt(db: Db, { tenant, pod, action, score }: Decision): Promise<Attempt | null> {
  const { rows } = await db.query<{ certificate_id: string | null; detail: JsonObject }>({
    name: 'explain_attempt',
    text: `select certificate_id, detail from certificate_attempts
      where tenant_id = $1 and pod = $2 and action = $3 and model_digest = $4 order by attempt desc limit 1`,
    values: [tenant, pod, action, score.modelDigest ?? ''],
  })
  const row = rows[0]
  if (row === undefined) return null
  const refusal = row.detail['refusal']
  const part = (name: string): number | null =>
    typeof refusal === 'object' && refusal !== null && name in refusal ? number(Reflect.get(refusal, name)) : null
  return {
    certified: row.certificate_id !== null,
    have: part('have'),
    need: part('need'),
    from: number(row.detail['unlocks_from']),
  }
}

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)

/** The file of an accepted model of this pod, by its digest. */
export async function modelText(
  db: Db,
  place: { readonly scope: string; readonly pod: string },
  digest: string,
): Promise<string | null> {
  const { rows } = await db.query<{ artefact: string }>({
    name: 'explain_model',
    text: 'select artefact from models where tenant_id = $1 and pod = $2 and digest = $3 and accepted limit 1',
    values: [place.scope, place.pod, digest],
  })
  return rows[0]?.artefact ?? null
}

/** Names and kinds behind the stored vector, in its order. */
export async function specsOf(db: Db, { tenant, pod, schemaHash }: Decision): Promise<readonly FeatureSpec[]> {
  const { rows } = await db.query<{ specs: readonly FeatureSpec[] }>({
    name: 'explain_schema',
    text: 'select specs from feature_schemas where tenant_id = $1 and pod = $2 and schema_hash = $3',
    values: [tenant, pod, schemaHash],
  })
  return rows[0]?.specs ?? []
}
