import type { ModelStatus } from '@surety/contract'
import type { ModelArtefact } from './artefact.ts'
import { driftLeastRows, driftLimit } from './drift.ts'

type Health = ModelStatus['health']

export interface StatusInput {
  readonly model: ModelArtefact | null
  /** The file or the registry cannot be read or trusted, so there is no usable model. */
  readonly broken: boolean
  readonly loadedAt: Date | null
  readonly drift: number
  readonly driftRows: number
  /** The last night that judged a challenger and rightly refused it confirms the model; null: there was none, or nobody knows. */
  readonly judgedAt?: Date | null
  readonly now: Date
}

const warningAuc = 0.65
const criticalAuc = 0.55
const staleHours = 48
const hourMs = 3_600_000

/** The body of model-status. Age counts from training. */
export function modelStatus(input: StatusInput): ModelStatus {
  const { model, now } = input
  const conditions = conditionsOf(input)
  const health = conditions[0] ?? 'ok'
  if (model === null) {
    const nothing = { version: null, version_date: null, auc: null, n_train: null, load_time: null, age_hours: null }
    return { loaded: false, ...nothing, drift_score: null, health, conditions }
  }
  return {
    loaded: true,
    version: model.version,
    version_date: isoSeconds(model.version),
    auc: model.metrics.auc,
    n_train: model.metrics.n_train,
    load_time: input.loadedAt === null ? null : input.loadedAt.getTime() / 1000,
    age_hours: Math.round(ageHours(model, now) * 1000) / 1000,
    drift_score: input.drift,
    health,
    conditions,
  }
}

export const isoSeconds = (epochSeconds: number): string =>
  new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z')

const ageHours = (model: ModelArtefact, now: Date): number => (now.getTime() / 1000 - model.version) / 3600

/** Everything that holds, worst first. */
function conditionsOf({ model, broken, drift, driftRows, judgedAt, now }: StatusInput): readonly Health[] {
  if (model === null) return [broken ? 'error' : 'no_model']
  const { auc } = model.metrics
  const found: Health[] = []
  if (auc < criticalAuc) found.push('critical_low_auc')
  else if (auc < warningAuc) found.push('warning_low_auc')
  if (drift > driftLimit && driftRows >= driftLeastRows) found.push('warning_high_drift')
  const judgedHours = judgedAt == null ? Number.POSITIVE_INFINITY : (now.getTime() - judgedAt.getTime()) / hourMs
  if (ageHours(model, now) > staleHours && judgedHours > staleHours) found.push('warning_stale')
  return found
}
