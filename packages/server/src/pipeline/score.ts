import type { Featured, Scored, Snapshot } from './item.ts'

const unscored = { probability: null, modelVersion: null, modelDigest: null, notes: [] } as const

/** Asks the serving model. What cannot be scored keeps its reason; it is never an exception at the door. */
export function score(items: readonly Featured[], snapshot: Snapshot): readonly Scored[] {
  return items.map(item => {
    const model = snapshot.model(item.raw.tenant, item.question)
    if (model === null) return { ...item, score: unscored, cannot: 'no_model' }
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
