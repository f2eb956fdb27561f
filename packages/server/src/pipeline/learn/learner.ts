import type { FeatureSpec, QuestionKey } from '@surety/contract'
import type { Database } from '../../store/db.ts'
import type { GoldenCase } from './golden-cases.ts'
import { isLearnable } from './row-store.ts'
import { type RowCursor, readRows } from './rows.ts'
import type { HistoryCase, HistoryOutcome } from './score-history.ts'
import type { TrainOutcome, TrainRequest } from './train-model.ts'
import { createTrainer, type TrainWatch } from './trainer.ts'
import type { TrainingRow } from './training-row.ts'

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
  /** Of a tenant, cases decided up to then are learned from, and younger ones that were imported; left out: all. */
  readonly learnableUntil?: (tenant: string) => Promise<Date>
}

export type LearnRequest = Pick<TrainRequest, 'nowMs' | 'version' | 'seed' | 'minAuc' | 'champion' | 'championGoes'>

export interface Refreshed {
  readonly labels: number
  readonly fresh: number
  readonly waiting: number
  /** null: all are learned from. */
  readonly learnedUntil: Date | null
}

/** Cases of a history that are handed in at most. */
const mostHistory = 20_000

/** What is remembered of a row beside the thread that holds it. */
type Known = Pick<TrainingRow, 'label' | 'at' | 'tenant' | 'quality'>

export interface Learner extends AsyncDisposable {
  /**
   * Reads what was recorded since the last time. `labels`: settled cases now known; `fresh`: added or changed by this call; `waiting`:
   * those of them that are too young to be learned from, `learnedUntil` the moment up to which all are learned from.
   */
  refresh(): Promise<Refreshed>
  /** Trains on what the last `refresh` left. Held-out rows bear the id of their case. */
  train(request: LearnRequest, watch?: TrainWatch): Promise<TrainOutcome>
  /**
   * Scores what a tenant imported as it would have been lived through, on what the last `refresh` left.
   * A tenant most of whose labels come from elsewhere has none.
   * @param cases by case id, in order of time
   */
  history(tenant: string, cases: readonly HistoryCase[], watch?: TrainWatch): Promise<HistoryOutcome>
}

/** Keeps the rows in its thread between runs, so that a nightly run reads only what is new. */
export function createLearner(options: LearnerOptions): Learner {
  const trainer = createTrainer(options.baseFeatures)
  const cursors = new Map<string, RowCursor | null>()
  const labels = new Map<string, Known>()
  let learnable: NonNullable<TrainRequest['learnable']> = {}
  return {
    async refresh() {
      // What is read twice passes through older words on a case again: only its last one counts as fresh.
      const before = new Map<string, 0 | 1 | undefined>()
      const tenants = await options.tenants()
      if (options.learnableUntil !== undefined) {
        const until = options.learnableUntil
        const all = await Promise.all(tenants.map(async tenant => [tenant, (await until(tenant)).getTime()] as const))
        learnable = Object.fromEntries(all)
      }
      for (const tenant of tenants) {
        const pages = readRows(options.db, options.question, tenant, cursors.get(tenant) ?? null)
        let page = await pages.next()
        while (!page.done) {
          const { changes, schema } = page.value
          for (const change of changes) {
            if (!before.has(change.id)) before.set(change.id, labels.get(change.id)?.label)
            if (change.label === null) labels.delete(change.id)
            else {
              const { label, at, tenant: of, quality } = change
              labels.set(change.id, { label, at, tenant: of, ...(quality !== undefined && { quality }) })
            }
          }
          trainer.add(changes, schema)
          page = await pages.next()
        }
        cursors.set(tenant, page.value)
      }
      let fresh = 0
      for (const [id, label] of before) if (labels.get(id)?.label !== label) fresh++
      let waiting = 0
      for (const row of labels.values()) if (!isLearnable(row, learnable)) waiting++
      const moments = Object.values(learnable)
      const learnedUntil = moments.length === 0 ? null : new Date(Math.min(...moments))
      return { labels: labels.size, fresh, waiting, learnedUntil }
    },
    async train(request, watch) {
      const { question, scope, segmentFeatures, golden } = options
      const full = { ...request, ...question, tenant: scope, segmentFeatures, golden, learnable, timed: true }
      const outcome = await trainer.train(full, watch)
      if (outcome.stopped) return outcome
      return { ...outcome, heldOut: outcome.heldOut.map(row => ({ ...row, id: row.id.slice(row.tenant.length + 1) })) }
    },
    async history(tenant, cases, watch) {
      const own = [...labels.values()].reduce((count, row) => count + (row.tenant === tenant ? 1 : 0), 0)
      if (2 * cases.length < Math.min(own, 2 * mostHistory)) return { stopped: false, history: null }
      const named = cases.map(one => ({ ...one, id: `${tenant}/${one.id}` }))
      const outcome = await trainer.history(named, watch)
      if (outcome.stopped || outcome.history === null) return outcome
      const rows = outcome.history.rows.map(row => ({ ...row, id: row.id.slice(tenant.length + 1) }))
      return { ...outcome, history: { ...outcome.history, rows } }
    },
    [Symbol.asyncDispose]: () => trainer[Symbol.asyncDispose](),
  }
}
