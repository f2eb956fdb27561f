import type { Decision, FeatureSpec, Reason, State } from '@surety/contract'
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

/** What the next certificate of an action still lacks, as of the last look at the labels. */
export interface Lack {
  readonly code: string
  /** Labels that there are, and that there have to be. */
  readonly have: number
  readonly need: number
  /** Outcomes at or beyond this probability are the ones that count. */
  readonly from: number | null
  readonly sentence: string
}

/** null: nothing is lacking, or nobody has looked for this model yet. */
export async function lackOf(db: Db, { tenant, pod, action, score }: Decision): Promise<Lack | null> {
  const { rows } = await db.query<Lack>({
    name: 'explain_shortfall',
    text: `select code, have, need, unlocks_from as "from", detail ->> 'sentence' as sentence from shortfalls
      where tenant_id = $1 and pod = $2 and action = $3 and model_digest = $4`,
    values: [tenant, pod, action, score.modelDigest ?? ''],
  })
  return rows[0] ?? null
}

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
