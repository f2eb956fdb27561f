import type { Score } from '@surety/contract'
import type { Featured, Said, Scored, ServingModel, Snapshot } from './item.ts'

const unscored = { probability: null, modelVersion: null, modelDigest: null, notes: [] } as const

/**
 * Asks the serving model, and the version that is acted on where it is another one; until there is a model, the rule of the question.
 * What cannot be scored keeps its reason; it is never an exception at the door.
 */
export function score(items: readonly Featured[], snapshot: Snapshot): readonly Scored[] {
  return items.map(item => {
    const model = snapshot.model(item.raw.tenant, item.question)
    if (model === null) return withoutModel(item)
    const other = snapshot.autonomy(item.raw.tenant, item.question).acting?.model ?? null
    return { ...item, ...saidBy(model, item), acting: other === null ? null : saidBy(other, item) }
  })
}

function saidBy(model: ServingModel, item: Featured): Said {
  const of = { modelVersion: model.version, modelDigest: model.digest }
  try {
    const { probability, notes, cannot } = model.score(item.schema, item.features)
    return { score: { probability, ...of, notes }, cannot }
  } catch (error) {
    // A scorer that throws must not cost the event its event result: it is queued with the code and the sentence.
    const detail = error instanceof Error ? error.message : 'unknown'
    return { score: { probability: null, ...of, notes: [{ code: 'error', detail }] }, cannot: 'error' }
  }
}

/** By a rule nothing is done: no model is active, whatever it says. */
function withoutModel(item: Featured): Scored {
  const { rule } = item.question
  if (rule === undefined) return { ...item, score: unscored, cannot: 'no_model', acting: null }
  const ruleVersion = rule.version
  try {
    const probability = rule.probability([...item.features])
    // A minus zero is not what is stored of it.
    if (typeof probability === 'number' && probability >= 0 && probability <= 1)
      return {
        ...item,
        score: { ...unscored, probability: probability + 0 },
        cannot: 'no_model',
        acting: null,
        ruleVersion,
      }
    return {
      ...item,
      score: failed(`the rule gave ${String(probability)}, which is no probability`),
      cannot: 'error',
      acting: null,
      ruleVersion,
    }
  } catch (error) {
    return {
      ...item,
      score: failed(error instanceof Error ? error.message : 'unknown'),
      cannot: 'error',
      acting: null,
      ruleVersion,
    }
  }
}

const failed = (detail: string): Score => ({ ...unscored, notes: [{ code: 'error', detail }] })
