import { randomUUID } from 'node:crypto'
import { placeOf } from '@surety/contract'
import { rng } from '@surety/stats'
import type { AutonomyDeps } from '../manage/autonomy/deps.ts'
import { autonomyHistory } from '../manage/autonomy/history.ts'
import { refreshAutonomy } from '../manage/autonomy/refresh.ts'
import type { OpenModels } from '../manage/models/open-models.ts'
import { seededIds } from '../pipeline/ids.ts'
import { createLearner, type Learner } from '../pipeline/learn/learner.ts'
import { podNamed } from '../pods.ts'
import type { NightCheck, NightVerdict, World } from '../replay/world.ts'
import type { Database } from '../store/db.ts'
import { writeReplayCheckpoint } from '../store/replay-checkpoint.ts'
import { readDecided } from '../store/replay-results.ts'
import { refreshStatistics } from '../store/replay-statistics.ts'
import { type Core, openCore } from './core.ts'

export interface HistoryWorldOptions {
  readonly db: Database
  readonly secrets: { readonly dataKeys: readonly Buffer[]; readonly piiRoot: Buffer }
  readonly models: OpenModels
  readonly pod: string
  readonly tenant: string
  readonly seed: string | number
  readonly minAuc: number
  readonly enrichment: boolean
  readonly monotonicMs: () => number
  readonly setClock: (at: Date) => void
  readonly now: () => Date
  /** Signs certificates. */
  readonly signingKey: AutonomyDeps['signingKey']
  readonly audit: AutonomyDeps['audit']
  /** false: nothing will be resumed, so nothing is remembered. */
  readonly resumable: boolean
  readonly observe?: Parameters<typeof openCore>[0]['observe']
  /** false: no receipts, because the database is thrown away; about a twentieth of the time of an event. */
  readonly receipts?: boolean
}

export interface HistoryWorld extends World, AsyncDisposable {
  readonly core: Core
}

/** The line and the learning of a database as a replay drives them: unsynced commits, seeded ids, one learner kept. */
export async function openHistoryWorld(options: HistoryWorldOptions): Promise<HistoryWorld> {
  const { db, models, tenant, setClock } = options
  const [question] = podNamed(options.pod).questions
  const { registry, service } = models.of(placeOf(question))
  const scope = registry.scopeOf(tenant)
  const seed = rng(options.seed)
  let draw = seed
  let batches = 0
  let analysedAt = 0
  let failure: unknown = null
  await using opened = new AsyncDisposableStack()
  const core = opened.use(
    await openCore({
      db,
      secrets: options.secrets,
      ids: seededIds(() => draw.uniform()),
      monotonicMs: options.monotonicMs,
      now: options.now,
      keepsInbox: false,
      enrichment: options.enrichment,
      synchronousCommit: 'off',
      casesExist: true,
      ...(options.receipts === false ? {} : { newChain: randomUUID }),
      serving: models.serving,
      cover: models.cover,
      // The line goes on without what it could not read, and answers an outage with a sentence for callers: a replay does neither.
      onError(error) {
        failure ??= error
      },
      ...(options.observe ? { observe: options.observe } : {}),
    }),
  )
  // Nothing on the way of a batch waits for what is loaded once, so that ids are drawn in the order of the batches.
  await core.deps.prepare(new Set([tenant]))
  const learner: Learner = opened.use(
    createLearner({
      db,
      question: placeOf(question),
      baseFeatures: question.baseFeatures,
      scope,
      tenants: async () => [tenant],
      segmentFeatures: question.segmentFeatures ?? [],
      golden: [],
    }),
  )
  const closing = opened.move()
  return {
    core,
    tenant,
    minAuc: options.minAuc,
    setClock,
    seedIds(batch) {
      batches = batch + 1
      draw = seed.fork(`batch ${batch}`)
    },
    async run(arrivals) {
      const eventResults = await core.run(arrivals).catch(error => {
        throw failure === null ? error : lineFailed(failure)
      })
      if (failure !== null) throw lineFailed(failure)
      return eventResults
    },
    async learn(at, signal) {
      if (batches >= analysedAt * 4) {
        analysedAt = batches
        await db.transaction([], refreshStatistics)
      }
      const asker = { actor: 'system', reason: 'nightly', requestId: undefined }
      try {
        const verdict = await service.learn(scope, asker, { learner, ...(signal ? { signal } : {}) })
        return nightOf(at, verdict)
      } catch (error) {
        if (signal?.aborted) return null
        throw error
      }
    },
    async certify(at) {
      await refreshAutonomy(options, tenant, question, at)
      await core.active.refresh(tenant)
    },
    autonomy: () => db.transaction([tenant], handle => autonomyHistory(handle, tenant, question)),
    serving: () => registry.current(scope)?.model.digest ?? null,
    async saveCheckpoint(text) {
      if (options.resumable) await db.transaction([], handle => writeReplayCheckpoint(handle, text))
    },
    results: () => readDecided(db, tenant, question.pod),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

function lineFailed(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Error(`The line failed while the history was replayed: ${why}`, { cause })
}

type Written = Awaited<ReturnType<OpenModels['service']['learn']>>

function nightOf(at: Date, verdict: Written): NightVerdict {
  const { accepted, version, n_train, n_test, auc, auc_ci, sentence, checks, digest } = verdict as Partial<
    Omit<NightVerdict, 'at'>
  > & { readonly checks?: readonly NightCheck[] }
  return {
    at: at.toISOString(),
    version: version ?? 0,
    n_train: n_train ?? 0,
    n_test: n_test ?? 0,
    auc: auc ?? null,
    auc_ci: auc_ci ?? null,
    accepted: accepted === true,
    sentence: sentence ?? '',
    checks: checks ?? [],
    digest: digest ?? null,
  }
}
