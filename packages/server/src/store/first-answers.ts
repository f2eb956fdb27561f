import type { Decision, FeatureValue, Interval, JsonObject, Note, Reason, State } from '@surety/contract'
import type { Db } from './db.ts'

/** What was recorded under an event id before: enough to answer the same again. */
export interface FirstAnswer {
  readonly tenant: string
  readonly eventId: string
  readonly caseId: string
  readonly kind: string
  readonly payloadHash: Buffer
  readonly recordedAt: Date
  readonly decisionId: string | null
}

export async function findKeys(
  db: Db,
  tenants: readonly string[],
  eventIds: readonly string[],
): Promise<readonly FirstAnswer[]> {
  const { rows } = await db.query<{
    tenant_id: string
    event_id: string
    case_id: string
    kind: string
    payload_hash: Buffer
    recorded_at: Date
    decision_id: string | null
  }>({
    name: 'find_keys',
    text: `select k.tenant_id, k.event_id, k.case_id, k.kind, k.payload_hash, k.recorded_at, k.decision_id
      from unnest($1::text[], $2::text[]) as given(tenant_id, event_id) join event_keys k using (tenant_id, event_id)`,
    values: [tenants, eventIds],
  })
  return rows.map(row => ({
    tenant: row.tenant_id,
    eventId: row.event_id,
    caseId: row.case_id,
    kind: row.kind,
    payloadHash: row.payload_hash,
    recordedAt: row.recorded_at,
    decisionId: row.decision_id,
  }))
}

/** The events that opened these cases; a case that nobody opened is left out. */
export async function findOpenings(
  db: Db,
  tenants: readonly string[],
  caseIds: readonly string[],
): Promise<readonly { readonly tenant: string; readonly caseId: string; readonly eventId: string }[]> {
  const { rows } = await db.query<{ tenant: string; caseId: string; eventId: string }>({
    name: 'find_openings',
    text: `select k.tenant_id as tenant, k.case_id as "caseId", k.event_id as "eventId"
      from unnest($1::text[], $2::text[]) as given(tenant_id, case_id)
      join event_keys k using (tenant_id, case_id) where k.decision_id is not null`,
    values: [tenants, caseIds],
  })
  return rows
}

/** The opening event of a case: where its rows lie in time. null when there is no such case in this tenant. */
export async function findCase(db: Db, tenant: string, caseId: string): Promise<FirstAnswer | null> {
  const { rows } = await db.query<{ event_id: string }>({
    name: 'find_case',
    text: `select event_id from event_keys where tenant_id = $1 and case_id = $2 and decision_id is not null`,
    values: [tenant, caseId],
  })
  const first = rows[0]
  return first === undefined ? null : ((await findKeys(db, [tenant], [first.event_id]))[0] ?? null)
}

interface DecisionColumns {
  decision_id: string
  pod: string
  case_id: string
  subject: string
  event_id: string
  occurred_at: Date
  recorded_at: Date
  schema_hash: string
  features: FeatureValue[]
  enrichment: JsonObject
  probability: number | null
  model_version: number | null
  model_digest: string | null
  lower: number | null
  upper: number | null
  level: number | null
  method: string | null
  calibration_size: number
  calibrated_probability: number | null
  policy_version: number
  threshold: number
  action: string
  mode: Decision['mode']
  gate: Decision['gate']
  automatic: boolean
  propensity: number
  state: State
  reason: Reason
  notes: Note[] | null
  calibration_score: number | null
  calibrator: number | null
  label_set: 0 | 1 | 2 | 3 | null
  residual_radii: (number | null)[] | null
  certificate_id: string | null
  audited: boolean
}

const decisionColumns = `decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at, schema_hash, features, enrichment,
  probability, model_version, model_digest, lower, upper, level, method, calibration_size, calibrated_probability, policy_version,
  threshold, action, mode, gate, automatic, propensity, state, reason, notes, calibration_score, calibrator, label_set,
  residual_radii, certificate_id, audited`

/** One decision record, found by its case and the time it was recorded (so that only one partition is read). */
export async function findDecision(
  db: Db,
  tenant: string,
  pod: string,
  caseId: string,
  recordedAt: Date,
): Promise<Decision | null> {
  const { rows } = await db.query<DecisionColumns>({
    name: 'find_decision',
    text: `select ${decisionColumns} from decisions
      where tenant_id = $1 and pod = $2 and recorded_at = $3 and case_id = $4`,
    values: [tenant, pod, recordedAt, caseId],
  })
  const row = rows[0]
  return row === undefined ? null : fromColumns(tenant, row)
}

/** One decision record by its own id, among those of one moment: the id of a decision says when it was recorded. */
export async function findDecisionById(
  db: Db,
  tenant: string,
  pods: readonly string[],
  decisionId: string,
  recordedAt: Date,
): Promise<Decision | null> {
  const { rows } = await db.query<DecisionColumns>({
    name: 'find_decision_by_id',
    text: `select ${decisionColumns} from decisions
      where tenant_id = $1 and pod = any ($2) and recorded_at = $3 and decision_id = $4`,
    values: [tenant, pods, recordedAt, decisionId],
  })
  const row = rows[0]
  return row === undefined ? null : fromColumns(tenant, row)
}

function fromColumns(tenant: string, row: DecisionColumns): Decision {
  return {
    id: row.decision_id,
    tenant,
    pod: row.pod,
    caseId: row.case_id,
    subject: row.subject,
    eventId: row.event_id,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    schemaHash: row.schema_hash,
    features: row.features,
    enrichment: row.enrichment,
    score: {
      probability: row.probability,
      modelVersion: row.model_version,
      modelDigest: row.model_digest,
      notes: row.notes ?? [],
    },
    interval: intervalOf(row),
    policyVersion: row.policy_version,
    threshold: row.threshold,
    action: row.action,
    mode: row.mode,
    gate: row.gate,
    automatic: row.automatic,
    propensity: row.propensity,
    state: row.state,
    reason: row.reason,
    certificate: row.certificate_id,
    audited: row.audited,
  }
}

export type IntervalColumns = Pick<
  DecisionColumns,
  | 'lower'
  | 'upper'
  | 'level'
  | 'method'
  | 'calibration_size'
  | 'calibrated_probability'
  | 'calibration_score'
  | 'calibrator'
  | 'label_set'
  | 'residual_radii'
  | 'probability'
>

export const intervalOf = (row: IntervalColumns): Interval => ({
  lower: row.lower,
  upper: row.upper,
  level: row.level,
  method: row.method,
  calibrationSize: row.calibration_size,
  calibrated: row.calibrated_probability,
  calibrationScore: row.calibration_score,
  calibrator: row.calibrator,
  labelSet: row.label_set,
  radii: row.residual_radii,
  reason: row.method !== null ? null : row.probability === null ? 'no_score' : 'no_calibration',
})
