import type { FeatureSpec, Json, JsonObject } from '@surety/contract'
import { fitOf, type ModelArtefact, type UnsignedModel } from '../../model/artefact.ts'
import { isoSeconds } from '../../model/status.ts'

const unknown = 'unknown'

/** A model with what is known of it beside its file. */
export interface CardModel {
  readonly model: UnsignedModel & Partial<Pick<ModelArtefact, 'signature'>>
  readonly digest: string
  /** `verified`, or why it is not. */
  readonly signature: string
  readonly validated: boolean
  /** null: it does not serve. */
  readonly loadedAt: Date | null
}

/** What the model is, where it came from and what it must not be used for. What nobody recorded says "unknown". */
export function modelCard(input: {
  readonly pod: string
  readonly question: string
  readonly tenant: string
  /** null: there is none, or it cannot be read. */
  readonly kept: CardModel | null
  readonly previous: ModelArtefact | null
  readonly baseFeatures: readonly FeatureSpec[]
  readonly asOf: Date
}): JsonObject {
  const { pod, question, tenant, kept, previous, baseFeatures } = input
  const limits = {
    intended_use:
      'Ordering and selecting cases of this pod for a person or for a reversible action with an error budget. A person is always reachable (GDPR Article 22: the review request of a case).',
    limits: [
      'Not for credit, employment, insurance or housing: the score is no consumer report (FCRA) and was not tested for it.',
      'It describes the past it was trained on; the drift gauge and the age say how far away that past is.',
      'Few held-out cases mean wide intervals: read the interval, not the figure.',
    ],
    as_of: input.asOf.toISOString(),
  }
  if (kept === null) return { pod, question, loaded: false, version: unknown, ...limits }
  const { model, digest, validated, loadedAt } = kept
  const { metrics, training, report = {} } = model
  const meanings = new Map(baseFeatures.map(spec => [spec.name, spec.meaning]))
  return {
    pod,
    question,
    loaded: loadedAt !== null,
    version: model.version,
    version_date: isoSeconds(model.version),
    loaded_at: loadedAt?.toISOString() ?? null,
    training: {
      from: training.from ?? unknown,
      to: training.to ?? unknown,
      rows: metrics.n_train,
      label_sources: training.label_sources,
      base_rate: metrics.baseline_rate,
      seed: training.seed,
      kind: fitOf(model).kind,
      strength: report['strength'] ?? unknown,
      trees: report['trees'] ?? unknown,
    },
    features: model.features.map(name => {
      const kind = model.encoders[name]?.kind ?? unknown
      return { name, kind, meaning: meanings.get(name) ?? 'A declared attribute.' }
    }),
    metrics: {
      auc: { value: metrics.auc, lower: metrics.auc_ci[0], upper: metrics.auc_ci[1], level: 0.95, n: metrics.n_test },
      brier: { value: metrics.brier, base_rate_alone: report['base_brier'] ?? unknown, n: metrics.n_test },
      average_precision: report['average_precision'] ?? unknown,
      calibration_error: report['calibration_error'] ?? unknown,
    },
    calibration_table: report['calibration_table'] ?? unknown,
    segments: ownSegments(report['segments'], tenant),
    integrity: {
      digest,
      signature: kept.signature,
      key_id: model.signature?.key_id ?? null,
      passes_at_floor: validated,
    },
    previous: previous === null ? unknown : difference(model, previous),
    ...limits,
  }
}

/** A tenant sees its own segment and those that pool everybody, never another tenant's. */
function ownSegments(segments: Json | undefined, tenant: string): Json {
  if (!Array.isArray(segments)) return unknown
  return (segments as readonly JsonObject[]).filter(
    segment => tenant === '*' || segment['feature'] !== 'tenant' || segment['level'] === tenant,
  )
}

function difference(now: UnsignedModel, before: ModelArtefact): JsonObject {
  const had = new Set(before.features)
  const has = new Set(now.features)
  return {
    version: before.version,
    digest: before.digest,
    auc_difference: now.metrics.auc - before.metrics.auc,
    rows_difference: now.metrics.n_train - before.metrics.n_train,
    features_added: now.features.filter(name => !had.has(name)),
    features_removed: before.features.filter(name => !has.has(name)),
  }
}
