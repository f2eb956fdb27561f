import { setImmediate } from 'node:timers/promises'
import { type FeatureSpec, placeOf, type Question } from '@surety/contract'
import { recordCuts } from '@surety/stats'
import type { ServingModel } from '../../pipeline/item.ts'
import { announce } from '../../store/autonomy-epochs.ts'
import type { Database, Reader } from '../../store/db.ts'
import { type DecidedVector, newestDecided } from '../../store/decisions.ts'
import { schemasOf } from '../../store/feature-schemas.ts'
import { servingModel } from '../../store/models.ts'
import { type CutThresholds, insertVersionCuts, readVersionCuts } from '../../store/version-cuts.ts'

/** The model of a digest as this process has it loaded; null: it has not. */
export type ScorerOf = (tenant: string, question: Question, digest: string) => ServingModel | null

/** Decisions that cuts are made of at most. */
const newest = 2000
/** Scored in one turn: others have theirs in between. */
const perTurn = 250

/**
 * Freezes the cuts of the version that serves a tenant, once, from the scores that it gives to the newest decisions, before
 * and whatever their labels say: those that it decided by what it said then, the others by scoring their stored vectors. Called
 * when it begins to serve and at each look until fifty decisions are there.
 * @returns true: they were frozen now. false: they are frozen, or there are too few decisions, or the model is not loaded here
 */
export async function freezeCuts(
  db: Database,
  tenant: string,
  question: Question,
  scorerOf: ScorerOf,
  at: Date,
): Promise<boolean> {
  const place = { tenant, ...placeOf(question) }
  const found = await db.read([tenant], async reader => {
    const serves = await servingModel(reader, tenant, question)
    if (serves === null || (await readVersionCuts(reader, { ...place, digest: serves.digest })) !== null) return null
    const scorer = scorerOf(tenant, question, serves.digest)
    if (scorer === null) return null
    return { serves, scorer, decided: await newestVectors(reader, tenant, question) }
  })
  if (found === null) return false
  const { serves, scorer, decided } = found
  const scores = await scoresBy(scorer, decided)
  const of = (side: 'act' | 'clear'): readonly number[] | null => {
    if (question.actions[side] === undefined) return null
    const cuts = recordCuts(scores, side === 'act' ? 'yes' : 'no')
    return cuts.ok ? cuts.thresholds : null
  }
  const thresholds: CutThresholds = { act: of('act'), clear: of('clear') }
  // Too few for one side are too few for the other.
  if (thresholds.act === null && thresholds.clear === null) return false
  const n = scores.reduce((count, score) => count + (Number.isFinite(score) ? 1 : 0), 0)
  return db.transaction([tenant], async handle => {
    const frozen = await insertVersionCuts(handle, place, { ...serves, begunAt: at, n, thresholds })
    if (frozen) await announce(handle, tenant)
    return frozen
  })
}

/** The newest decisions as they were made, the newest first, and what their vectors mean. */
interface NewestVectors {
  readonly vectors: readonly DecidedVector[]
  readonly specs: ReadonlyMap<string, readonly FeatureSpec[]>
}

/** At most 2,000: what cuts and the plan of a record are made of. */
export async function newestVectors(db: Reader, tenant: string, question: Question): Promise<NewestVectors> {
  const vectors = await newestDecided(db, tenant, placeOf(question), newest)
  return { vectors, specs: await schemasOf(db, tenant, question.pod) }
}

/** What a version says of each; oldest first; NaN: no score. */
export async function scoresBy(model: ServingModel, { vectors, specs }: NewestVectors): Promise<Float64Array> {
  const scores = new Float64Array(vectors.length)
  for (const [place, vector] of vectors.entries()) {
    if (place % perTurn === perTurn - 1) await setImmediate()
    scores[vectors.length - 1 - place] = scoreOf(model, vector, specs.get(vector.schemaHash)) ?? Number.NaN
  }
  return scores
}

function scoreOf(model: ServingModel, vector: DecidedVector, specs: readonly FeatureSpec[] | undefined): number | null {
  if (vector['score.modelDigest'] === model.digest) return vector['score.probability']
  if (specs === undefined) return null
  try {
    return model.score({ hash: vector.schemaHash, specs }, vector.features).probability
  } catch {
    // As in the line, where a scorer that throws costs the case its score.
    return null
  }
}
