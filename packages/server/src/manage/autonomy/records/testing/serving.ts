import { placeOf, type Question } from '@surety/contract'
import type { ServingModel } from '../../../../pipeline/item.ts'
import type { Database } from '../../../../store/db.ts'
import { pointAt, saveModel } from '../../../../store/models.ts'
import { type CutThresholds, insertVersionCuts } from '../../../../store/version-cuts.ts'

/** A version that is loaded, and whose own decisions say what it scores. */
export const loaded = (digest: string, version = 1): ServingModel => ({
  version,
  digest,
  score: () => ({ probability: null, notes: [], cannot: null }),
})

/** Lets a version that was fitted on so many rows serve a tenant. */
export async function serveFitted(
  db: Database,
  tenant: string,
  question: Question,
  { version, digest }: Pick<ServingModel, 'version' | 'digest'>,
  fitted: number,
  at: Date,
): Promise<void> {
  const place = { ...placeOf(question), scope: tenant }
  const artefact = JSON.stringify({ metrics: { n_train: fitted } })
  await db.transaction([tenant], async tx => {
    await saveModel(tx, place, { version, digest, artefact, accepted: true, validated: true, verdict: {}, at })
    await pointAt(tx, place, { version, digest, validated: true }, at)
  })
}

/** Sixty-four cuts of scores all over [0, 1]. */
export const evenCuts: CutThresholds = {
  act: Array.from({ length: 64 }, (_, k) => 1 - 1.1 ** -k),
  clear: Array.from({ length: 64 }, (_, k) => 1.1 ** -k),
}

export const putCuts = (
  db: Database,
  tenant: string,
  question: Question,
  { version, digest }: Pick<ServingModel, 'version' | 'digest'>,
  at: Date,
  thresholds: CutThresholds = evenCuts,
): Promise<boolean> =>
  db.transaction([tenant], tx =>
    insertVersionCuts(tx, { tenant, ...placeOf(question) }, { digest, version, begunAt: at, n: 50, thresholds }),
  )
