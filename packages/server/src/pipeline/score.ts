import type { Score } from '@surety/contract'
import type { Featured, Scored, Snapshot } from './item.ts'

const unscored = { probability: null, modelVersion: null, modelDigest: null, notes: [] } as const

/** Asks the serving model, and until there is one the rule of the question. What cannot be scored keeps its reason; it is never an exception at the door. */
export function score(items: readonly Featured[], snapshot: Snapshot): readonly Scored[] {
  return items.map(item => {
    const model = snapshot.model(item.raw.tenant, item.question)
    if (model === null) return withoutModel(item)
    try {
      const { probability, notes, cannot } = model.score(item.schema, item.features)
      return { ...item, score: { probability, modelVersion: model.version, modelDigest: model.digest, notes }, cannot }
    } catch (error) {
      // A scorer that throws must not cost the event its event result: it is queued with the code and the sentence.
      const detail = error instanceof Error ? error.message : 'unknown'
      const notes = [{ code: 'error', detail }] as const
      return {
        ...item,
        score: { probability: null, modelVersion: model.version, modelDigest: model.digest, notes },
        cannot: 'error',
      }
    }
  })
}

/** By a rule nothing is done: no model is active, whatever it says. */
function withoutModel(item: Featured): Scored {
  const { rule } = item.question
  if (rule === undefined) return { ...item, score: unscored, cannot: 'no_model' }
  const ruleVersion = rule.version
  try {
    const probability = rule.probability([...item.features])
    // A minus zero is not what is stored of it.
    if (typeof probability === 'number' && probability >= 0 && probability <= 1)
      return { ...item, score: { ...unscored, probability: probability + 0 }, cannot: 'no_model', ruleVersion }
    return {
      ...item,
      score: failed(`the rule gave ${String(probability)}, which is no probability`),
      cannot: 'error',
      ruleVersion,
    }
  } catch (error) {
    return { ...item, score: failed(error instanceof Error ? error.message : 'unknown'), cannot: 'error', ruleVersion }
  }
}

const failed = (detail: string): Score => ({ ...unscored, notes: [{ code: 'error', detail }] })
