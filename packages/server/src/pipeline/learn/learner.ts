import type { FeatureSpec, QuestionKey } from '@surety/contract'
import type { Database } from '../../store/db.ts'
import type { GoldenCase } from './golden-cases.ts'
import { type RowCursor, readRows } from './rows.ts'
import type { TrainOutcome, TrainRequest } from './train-model.ts'
import { createTrainer, type TrainWatch } from './trainer.ts'

/** What is learned for one model: a tenant's own, or `*` for all tenants together. */
export interface LearnerOptions {
  readonly db: Database
  readonly question: QuestionKey
  readonly baseFeatures: readonly FeatureSpec[]
  readonly scope: string
  /** Whose cases are learned from; each is read in a session of its own. */
  readonly tenants: () => Promise<readonly string[]>
  readonly segmentFeatures: readonly string[]
  readonly golden: readonly GoldenCase[]
}

export type LearnRequest = Pick<TrainRequest, 'nowMs' | 'version' | 'seed' | 'minAuc' | 'champion' | 'championGoes'>

export interface Learner extends AsyncDisposable {
  /** Reads what was recorded since the last time. `labels`: settled cases now known; `fresh`: added or changed by this call. */
  refresh(): Promise<{ readonly labels: number; readonly fresh: number }>
  /** Trains on what the last `refresh` left. Held-out rows bear the id of their case. */
  train(request: LearnRequest, watch?: TrainWatch): Promise<TrainOutcome>
}

/** Keeps the rows in its thread between runs, so that a nightly run reads only what is new. */
export function createLearner(options: LearnerOptions): Learner {
  const trainer = createTrainer(options.baseFeatures)
  const cursors = new Map<string, RowCursor | null>()
  const labels = new Map<string, 0 | 1>()
  return {
    async refresh() {
      // What is read twice passes through older words on a case again: only its last one counts as fresh.
      const before = new Map<string, 0 | 1 | undefined>()
      for (const tenant of await options.tenants()) {
        const pages = readRows(options.db, options.question, tenant, cursors.get(tenant) ?? null)
        let page = await pages.next()
        while (!page.done) {
          const { changes, schema } = page.value
          for (const change of changes) {
            if (!before.has(change.id)) before.set(change.id, labels.get(change.id))
            if (change.label === null) labels.delete(change.id)
            else labels.set(change.id, change.label)
          }
          trainer.add(changes, schema)
          page = await pages.next()
        }
        cursors.set(tenant, page.value)
      }
      let fresh = 0
      for (const [id, label] of before) if (labels.get(id) !== label) fresh++
      return { labels: labels.size, fresh }
    },
    async train(request, watch) {
      const { question, scope, segmentFeatures, golden } = options
      const full = { ...request, ...question, tenant: scope, segmentFeatures, golden, timed: true }
      const outcome = await trainer.train(full, watch)
      if (outcome.stopped) return outcome
      return { ...outcome, heldOut: outcome.heldOut.map(row => ({ ...row, id: row.id.slice(row.tenant.length + 1) })) }
    },
    [Symbol.asyncDispose]: () => trainer[Symbol.asyncDispose](),
  }
}
