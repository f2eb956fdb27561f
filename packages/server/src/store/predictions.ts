import { hash } from 'node:crypto'
import type { Interval, Reason, Score } from '@surety/contract'
import type { Reader } from './db.ts'
import { lineColumns, nested, type RowOf, table } from './table.ts'

/** What another than the model that served said of a decision. */
export interface PredictionRow {
  readonly tenant: string
  readonly pod: string
  readonly decisionId: string
  /** `acting`: of the version that was acted on. */
  readonly role: 'acting'
  readonly eventId: string
  readonly recordedAt: Date
  readonly score: Pick<Score, 'probability'> & { readonly modelVersion: number; readonly modelDigest: string }
  /** Why it has no probability; null: it has one. */
  readonly cannot: Reason | null
  readonly interval: Pick<
    Interval,
    'lower' | 'upper' | 'calibrationSize' | 'calibrated' | 'calibrationScore' | 'calibrator'
  >
}

const column = lineColumns<PredictionRow>()

export const predictions = table('predictions', {
  tenant: column.text('tenant_id', row => row.tenant),
  pod: column.text('pod', row => row.pod),
  decisionId: column.uuid('decision_id', row => row.decisionId),
  role: column.text('role', row => row.role),
  eventId: column.text('event_id', row => row.eventId),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  'score.modelVersion': column.int8('model_version', row => row.score.modelVersion),
  'score.modelDigest': column.text('model_digest', row => row.score.modelDigest),
  'score.probability': column.float8('probability', row => row.score.probability),
  cannot: column.text('cannot', row => row.cannot),
  'interval.lower': column.float8('lower', row => row.interval.lower),
  'interval.upper': column.float8('upper', row => row.interval.upper),
  'interval.calibrationSize': column.int4('calibration_size', row => row.interval.calibrationSize),
  'interval.calibrated': column.float8('calibrated_probability', row => row.interval.calibrated),
  'interval.calibrationScore': column.float8('calibration_score', row => row.interval.calibrationScore),
  'interval.calibrator': column.int4('calibrator', row => row.interval.calibrator),
})
type StoredPrediction = RowOf<typeof predictions>

/** A prediction as a receipt shows it. */
export interface ShownPrediction {
  readonly role: string
  readonly model_version: number
  readonly model_digest: string
  readonly probability: number | null
  readonly cannot: string | null
  readonly lower: number | null
  readonly upper: number | null
  readonly calibration_size: number
  readonly calibrated_probability: number | null
  readonly calibration_score: number | null
  readonly calibrator: number | null
}

export const shownPrediction = ({
  role,
  score,
  cannot,
  interval,
}: Omit<PredictionRow, keyof Place>): ShownPrediction => ({
  role,
  model_version: score.modelVersion,
  model_digest: score.modelDigest,
  probability: score.probability,
  cannot,
  lower: interval.lower,
  upper: interval.upper,
  calibration_size: interval.calibrationSize,
  calibrated_probability: interval.calibrated,
  calibration_score: interval.calibrationScore,
  calibrator: interval.calibrator,
})
type Place = Pick<PredictionRow, 'tenant' | 'pod' | 'decisionId' | 'eventId' | 'recordedAt'>

/**
 * SHA-256, hexadecimal, of the JSON array of what others said of one decision, each the array of the name of its format and the
 * values of `ShownPrediction` in their order. docs/receipts.md states it, and bin/verify-receipt.mjs reads it without this code:
 * change neither without another number in the name.
 * @param shown in the order of their roles
 */
export const predictionsDigest = (shown: readonly ShownPrediction[]): string =>
  hash(
    'sha256',
    JSON.stringify(
      shown.map(one => [
        'surety.prediction/1',
        one.role,
        one.model_version,
        one.model_digest,
        one.probability,
        one.cannot,
        one.lower,
        one.upper,
        one.calibration_size,
        one.calibrated_probability,
        one.calibration_score,
        one.calibrator,
      ]),
    ),
    'hex',
  )

/** What others said of the decisions of a stretch of time, by decision, in the order of their roles. */
export async function predictionsOfTime(
  db: Reader,
  tenant: string,
  pods: readonly string[],
  from: Date,
  to: Date,
): Promise<ReadonlyMap<string, readonly PredictionRow[]>> {
  const { rows } = await db.query<StoredPrediction>({
    name: 'predictions_of_time',
    text: `select ${predictions.columns()} from predictions
      where tenant_id = $1 and pod = any ($2) and recorded_at >= $3 and recorded_at < $4 order by decision_id, role`,
    values: [tenant, pods, from, to],
  })
  return Map.groupBy(
    rows.map(row => nested(row) as PredictionRow),
    row => row.decisionId,
  )
}

/** What others said of one decision, in the order of their roles. */
export async function predictionsOf(
  db: Reader,
  {
    tenant,
    pod,
    recordedAt,
    id,
  }: { readonly tenant: string; readonly pod: string; readonly recordedAt: Date; readonly id: string },
): Promise<readonly PredictionRow[]> {
  const { rows } = await db.query<StoredPrediction>({
    name: 'predictions_of',
    text: `select ${predictions.columns()} from predictions
      where tenant_id = $1 and pod = $2 and recorded_at = $3 and decision_id = $4 order by role`,
    values: [tenant, pod, recordedAt, id],
  })
  return rows.map(row => nested(row) as PredictionRow)
}
