import type { Answered, Json, JsonObject } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { policyCodes } from '../../model/gate.ts'
import { findModel, type KeptModel, type Place } from '../../store/models.ts'
import { modelCard } from './card.ts'
import type { ModelsDeps } from './deps.ts'
import { storedModel } from './model-file.ts'
import { readKept, shownVerdict } from './refused.ts'
import type { Registry } from './registry.ts'

/** Which model is meant: a version, and its digest where several have that version. */
export interface ModelNamed {
  readonly version: string | number
  readonly digest?: string | undefined
}

/** @throws Problem `model_not_found` */
export async function keptModel(
  { db }: Pick<ModelsDeps, 'db'>,
  place: Place,
  { version, digest }: ModelNamed,
): Promise<KeptModel> {
  const found = /^\d{1,15}$/.test(String(version))
    ? await db.read([place.scope], reader => findModel(reader, place, Number(version), digest ?? null))
    : null
  if (found === null) throw new Problem('model_not_found')
  return found
}

/** A model as lists show it. */
export function listedModel(row: KeptModel): Answered<'listModels'>['items'][number] {
  const metrics = readKept(row)?.metrics
  const { pod, question, version, digest, accepted, serves, validated } = row
  return {
    pod,
    question,
    scope: row.scope === '*' ? 'all' : 'tenant',
    version,
    digest,
    accepted,
    serves,
    validated,
    auc: numberOf(metrics?.auc),
    n_train: numberOf(metrics?.n_train),
    created_at: row.createdAt.toISOString(),
    accepted_at: row.acceptedAt?.toISOString() ?? null,
  }
}

export function shownModel(row: KeptModel): Answered<'getModel'> {
  const model = readKept(row)
  const { metrics } = model ?? {}
  return {
    ...listedModel(row),
    min_auc: numberOf(row.verdict['min_auc']),
    auc_ci: metrics?.auc_ci ?? null,
    brier: numberOf(metrics?.brier),
    baseline_rate: numberOf(metrics?.baseline_rate),
    n_test: numberOf(metrics?.n_test),
    trained_from: model?.training.from ?? null,
    trained_to: model?.training.to ?? null,
    features: model?.features ?? [],
  }
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null)

/** Its card, whether it serves or not. */
export function keptCard(
  row: KeptModel,
  { registry, floor, question, now }: Pick<ModelsDeps, 'registry' | 'floor' | 'question' | 'now'>,
  more: Pick<Parameters<typeof modelCard>[0], 'tenant' | 'previous'>,
): JsonObject {
  const { pod, name, baseFeatures } = question
  const { digest, validated, version, accepted } = row
  const model = readKept(row)
  const serving = registry.current(row.scope)
  const kept = model && {
    model,
    digest,
    validated,
    signature: signatureOf(row, registry, floor),
    loadedAt: serving?.model.digest === digest ? serving.loadedAt : null,
  }
  return { ...modelCard({ pod, question: name, kept, ...more, baseFeatures, asOf: now() }), version, accepted }
}

function signatureOf(row: KeptModel, registry: Registry, floor: number): string {
  if (!row.accepted) return 'none: it was refused'
  const answer = registry.check(storedModel(row), row.scope, floor)
  return answer.ok || policyCodes.has(answer.code) ? 'verified' : answer.error
}

/**
 * The written verdict. Of a model that is shared with other tenants, what segments were judged by is left out: a tenant is one.
 */
export function keptVerdict(row: KeptModel, shared: boolean): JsonObject {
  const verdict = shownVerdict(row)
  const checks = verdict['checks']
  if (!shared || !Array.isArray(checks)) return verdict
  const told = (checks as readonly JsonObject[]).map(check =>
    check['name'] === 'segments'
      ? { ...check, value: null, n: null, sentence: segmentSentence(check['passed']) }
      : check,
  )
  const failed = told.filter(check => check['passed'] === false).map(({ sentence }) => String(sentence))
  const sentence = failed.length === 0 ? verdict['sentence'] : `Refused: ${failed.join(' ')}`
  return { ...verdict, ...(sentence === undefined ? {} : { sentence }), checks: told }
}

const segmentSentence = (passed: Json | undefined): string =>
  passed === false ? 'Too weak in a segment.' : 'Judged by segments; those that are yours stand on the card.'
