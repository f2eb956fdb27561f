import type { EventResult, Question, RawEvent } from '@surety/contract'
import { isOutage, Problem } from '../errors.ts'
import { evidenceOf } from '../manage/autonomy/held-out.ts'
import { type AutonomyState, loadAutonomy } from '../manage/autonomy/load-autonomy.ts'
import { learnableUntil } from '../manage/autonomy/maturity.ts'
import type { ModelsNeeds } from '../manage/models/open-models.ts'
import { type CurrentSettings, loadSettings } from '../manage/settings/settings.ts'
import { knownSpecs } from '../pipeline/features.ts'
import type { Arrival, Ids, ServingModel, WorkWatch } from '../pipeline/item.ts'
import { createLearner } from '../pipeline/learn/learner.ts'
import { now } from '../pipeline/now.ts'
import type { NowDeps } from '../pipeline/now-deps.ts'
import { keyOf } from '../pipeline/record/batch.ts'
import type { Recorder } from '../pipeline/record/recorder.ts'
import { installed, type Pods, podNamed } from '../pods.ts'
import { live, type Manner } from '../runtime/manner.ts'
import { findActCounts } from '../store/act-counts.ts'
import type { Batch } from '../store/batch-rows.ts'
import type { Database } from '../store/db.ts'
import type { ReceiptChains } from '../store/line-connection.ts'
import { type DataKeys, dataKeys } from '../store/seal.ts'
import { searchWords } from '../store/search-words.ts'
import { findTenant } from '../store/tenants.ts'
import { openWriter } from '../store/writer.ts'
import { type Active, type ActiveOptions, createActive, nameOf } from './active.ts'
import { createRecorder } from './recorder.ts'
import { loadReference } from './reference.ts'
import { tenantPrivacy } from './tenant-privacy.ts'

export interface CoreOptions {
  readonly db: Database
  readonly secrets: { readonly dataKeys: readonly Buffer[]; readonly piiRoot: Buffer }
  readonly ids: Ids
  /** Left out: those of this installation. */
  readonly pods?: Pods
  /** Which pod answers a kind of event; left out: whichever there is. */
  readonly podOf?: NowDeps['podOf']
  readonly monotonicMs: () => number
  readonly now: () => Date
  readonly enrichment: boolean
  serving(tenant: string, question: Question): ServingModel | null
  /** Loads the models of a tenant that is seen for the first time; null when they are there. */
  cover?(tenant: string): Promise<unknown> | null
  /** The model of a digest, where it is loaded; left out: what serves, if it is that. */
  scorerOf?(tenant: string, question: Question, digest: string): ServingModel | null
  /** Loads the model of a digest beside what serves; null when it is there. Left out: none is ever loaded. */
  coverVersion?(tenant: string, question: Question, digest: string): Promise<unknown> | null
  readonly onError: (error: unknown) => void
  readonly observe?: NowDeps['observe']
  readonly refuse?: NowDeps['refuse']
  /** Told of every batch that ended, also of one that failed: what its senders were answered, and what was committed. */
  readonly settle?: (
    raws: readonly RawEvent[],
    eventResults: readonly EventResult[],
    committedDecisions: number,
  ) => void
  readonly connections?: number
  /** Makes the id of a chain of receipts; left out: none are kept. */
  readonly newChain?: () => string
  readonly watch?: WorkWatch
  /** ENABLE_MEMORY; false: of a message nothing is kept but that it came. */
  readonly keepsMessages?: boolean
  /** Left out: that of a live service. */
  readonly manner?: () => Manner
}

/** What the slice of models needs of the stage that learns and of the slice that certifies. */
export const learning: ModelsNeeds = {
  createLearner,
  evidenceOf,
  learnableUntil,
  shown: podNamed('customer-ops').questions[0],
}

/** The line with everything it needs, the same for live events and for a replay. */
export interface Core extends AsyncDisposable {
  /** One batch through the line; throws `storage_unavailable` when the database does not answer. */
  run(
    arrivals: readonly Arrival[],
    earlier?: Promise<unknown> | null,
    told?: (place: number, result: EventResult) => void,
  ): Promise<readonly EventResult[]>
  readonly active: Active
  readonly dataKeys: DataKeys
  readonly deps: NowDeps
  readonly receipts: ReceiptChains
}

export async function openCore(options: CoreOptions): Promise<Core> {
  const { db, secrets, monotonicMs, pods: here = installed, manner = () => live } = options
  const keys = dataKeys(secrets.dataKeys)
  const active = createActive({
    async load(tenant, known) {
      const loaded = await loadTenant(db, tenant, here, options.now(), known)
      await coverActing(options, tenant, here, loaded.autonomy)
      return loaded
    },
    count: places => db.read([...new Set(places.map(place => place.tenant))], handle => findActCounts(handle, places)),
    privacy: (tenant, country) => tenantPrivacy(secrets.piiRoot, tenant, country),
    serving: options.serving,
    scorerOf:
      options.scorerOf ??
      ((tenant, question, digest) => {
        const serves = options.serving(tenant, question)
        return serves?.digest === digest ? serves : null
      }),
    enrichment: options.enrichment,
    monotonicMs,
    onError: options.onError,
  })
  const writer = await openWriter(db, {
    connections: options.connections ?? 2,
    synced: () => manner().syncedCommits,
    newChain: options.newChain,
  })
  const deps: NowDeps = {
    podOf: options.podOf ?? here.podOf,
    privacy: tenant => active.privacy(tenant),
    searchWords,
    ids: options.ids,
    ...(options.watch ? { watch: options.watch } : {}),
    ...(options.keepsMessages === false ? { keepsMessages: false } : {}),
    prepare: tenants => prepareAll(active, options, tenants),
    snapshot: () => active.snapshot(),
    renew: tenants => Promise.all([...tenants].map(tenant => active.refresh(tenant))).then(() => undefined),
    recorder: createRecorder({
      db,
      writer,
      dataKeys: keys,
      monotonicMs,
      specsOf: knownSpecs,
      caps: active,
      outcomeLimits: tenant => active.outcomeLimits(tenant),
      manner,
    }),
    failed: options.onError,
    ...(options.observe ? { observe: options.observe } : {}),
    ...(options.refuse ? { refuse: options.refuse } : {}),
  }
  return {
    active,
    dataKeys: keys,
    deps,
    receipts: writer,
    async run(arrivals, earlier = null, told?) {
      const ledger = countingCommits(deps.recorder)
      let eventResults: readonly EventResult[] = []
      try {
        const kept = options.settle ? { ...deps, recorder: ledger.recorder } : deps
        eventResults = await now(arrivals, kept, earlier, told)
        return eventResults
      } catch (error) {
        if (!isOutage(error)) throw error
        options.onError(error)
        throw new Problem('storage_unavailable', undefined, { retryAfterSeconds: 2 })
      } finally {
        options.settle?.(
          arrivals.map(arrival => arrival.raw),
          eventResults,
          ledger.decisions,
        )
      }
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  }
}

/** The same recorder, with its own account of the decisions that it committed. */
function countingCommits(recorder: Recorder): { readonly recorder: Recorder; readonly decisions: number } {
  const ledger = {
    decisions: 0,
    recorder: {
      ...recorder,
      async write(batch: Batch) {
        const refused = await recorder.write(batch)
        if (refused.size === 0) ledger.decisions += batch.decisions.length
        else
          for (const { tenant, eventId } of batch.decisions)
            if (!refused.has(keyOf(tenant, eventId))) ledger.decisions++
        return refused
      },
      async writeHeld(plan, schemas, compute) {
        let decisions = 0
        const done = await recorder.writeHeld(plan, schemas, recalled => {
          const writes = compute(recalled)
          if (writes !== 'again') decisions = writes.batch.decisions.length
          return writes
        })
        if (done !== 'again') ledger.decisions += decisions
        return done
      },
    } satisfies Recorder,
  }
  return ledger
}

function prepareAll(active: Active, options: CoreOptions, tenants: ReadonlySet<string>): Promise<void> | null {
  const waits: Promise<unknown>[] = []
  const settled = active.prepare(tenants)
  if (settled !== null) waits.push(settled)
  if (options.cover !== undefined)
    for (const tenant of tenants) {
      const covered = options.cover(tenant)
      if (covered !== null) waits.push(covered)
    }
  return waits.length === 0 ? null : Promise.all(waits).then(() => undefined)
}

/** Versions that are acted on and do not serve. One that cannot be loaded or trusted is not there: then everything is asked. */
async function coverActing(
  { coverVersion }: CoreOptions,
  tenant: string,
  { pods }: Pods,
  autonomy: ReadonlyMap<string, AutonomyState>,
): Promise<void> {
  if (coverVersion === undefined) return
  for (const question of pods.flatMap(pod => [...pod.questions])) {
    const { acting, digest } = autonomy.get(nameOf(question))!
    if (acting !== null && acting.digest !== digest) await coverVersion(tenant, question, acting.digest)
  }
}

async function loadTenant(
  db: Database,
  tenant: string,
  { pods }: Pods,
  now: Date,
  known: Parameters<ActiveOptions['load']>[1],
) {
  return db.transaction([tenant], async handle => {
    const { country, timeZone, outcomeLimits } = await findTenant(handle, tenant)
    const autonomy = new Map<string, AutonomyState>()
    for (const question of pods.flatMap(pod => [...pod.questions])) {
      const name = nameOf(question)
      autonomy.set(name, await loadAutonomy(handle, tenant, question, now, known?.autonomy.get(name)))
    }
    const byPod = (await loadSettings(handle, [tenant], pods)).get(tenant) ?? new Map<string, CurrentSettings>()
    return {
      country,
      timeZone,
      outcomeLimits,
      autonomy,
      reference: await loadReference(handle, tenant, pods, known?.reference ?? null),
      settings: new Map([...byPod].map(([pod, current]) => [pod, current.settings])),
      policies: new Map(
        [...byPod].flatMap(([pod, { policies }]) =>
          [...policies].map(([name, policy]) => [nameOf({ pod, name }), policy] as const),
        ),
      ),
    }
  })
}
