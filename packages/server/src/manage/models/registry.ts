import { type FeatureSpec, type FeatureValue, type ModelStatus, placeOf, type Question } from '@surety/contract'
import type { Log } from '../../log/catalogue.ts'
import type { ModelArtefact } from '../../model/artefact.ts'
import { createDriftGauge, type DriftGauge, driftFeatures } from '../../model/drift.ts'
import { brokenFile, type GateAnswer, type GateRules, gate } from '../../model/gate.ts'
import { compileModel, type Scorer } from '../../model/scorer.ts'
import type { TrustedKeys } from '../../model/signature.ts'
import { modelStatus } from '../../model/status.ts'
import type { Database } from '../../store/db.ts'
import {
  type ActiveRow,
  type ModelRow,
  modelOfDecision,
  type Place,
  readActive,
  readAllActive,
  readModel,
  type ServingRow,
} from '../../store/models.ts'
import { storedModel } from './model-file.ts'
import { podScopes, type Scopes } from './scopes.ts'
import { versionsBeside } from './versions-beside.ts'

/** What serves in this process at one place. Immutable; swapped as a whole. */
export interface Serving {
  readonly model: ModelArtefact
  readonly scorer: Scorer
  readonly validated: boolean
  readonly loadedAt: Date
}

interface Slot {
  readonly place: Place
  serving: Serving | null
  /** Something is recorded that cannot be read or trusted, and nothing else serves. */
  broken: boolean
  /** Of what was found and cannot be loaded, so that it is told once. */
  unfit: string | null
  gauge: DriftGauge | null
  /** Looks at the database follow each other: an older answer must never overwrite a newer one. */
  looking: Promise<void>
}

interface Schema {
  readonly hash: string
  readonly specs: readonly FeatureSpec[]
}

export interface RegistryOptions {
  readonly db: Database
  readonly question: Pick<Question, 'pod' | 'name' | 'modelScope' | 'baseFeatures'>
  readonly trusted: TrustedKeys
  /** Left out: everybody is served as the pod says. */
  readonly scopes?: Scopes
  /** MIN_AUC. */
  readonly floor: number
  readonly now: () => Date
  readonly log?: Log
}

/** The models of one question that serve in this process: what the line asks, and what follows the database. */
export interface Registry {
  readonly scopes: Scopes
  /** Keys whose signatures count. */
  readonly trusted: TrustedKeys
  scopeOf(tenant: string): string
  /** Synchronous, for the line. */
  serving(tenant: string): Scorer | null
  /** What serves, or what was loaded beside it by `coverVersion`; null: it is not here. */
  scorerOf(tenant: string, digest: string): Scorer | null
  /**
   * Loads an accepted model of the tenant or of all beside what serves; null: it is there. What cannot be read or trusted is not.
   * @throws when the database does not answer
   */
  coverVersion(tenant: string, digest: string): Promise<void> | null
  /** null: known already. Otherwise load it before asking `serving` for the first time. */
  cover(tenant: string): Promise<void> | null
  coverScope(scope: string): Promise<void> | null
  /** Its part in one look for several registries; null: what serves the tenant is known already. Its scopes are known. */
  joinLook(tenant: string): LookPart | null
  /** Adds one prediction to the drift window; call it once per recorded decision that has a probability. */
  observe(tenant: string, schema: Schema, values: readonly FeatureValue[]): void
  /** @param judgedAt of the last verdict of ours, where it is known */
  status(tenant: string, judgedAt?: Date | null): ModelStatus
  /** Follows the pointers in the database. What cannot be trusted never unloads what serves. */
  refresh(): Promise<void>
  current(scope: string): Serving | null
  /** The model file at start could not be read or trusted. */
  setBroken(scope: string): void
  check(candidate: unknown, scope: string, minAuc: number): GateAnswer
  drift(tenant: string): { readonly score: number; readonly rows: number }
}

export interface LookPart {
  readonly place: Place
  /** Ends when earlier looks at this place have; the next one waits for `look`. */
  follow(look: (after: Promise<void>) => Promise<void>): void
  /** null: nothing is active there. */
  take(found: ServingRow | null): void
}

export function createRegistry(options: RegistryOptions): Registry {
  const { db, question, trusted, floor, scopes = podScopes, log } = options
  const { pod, name, baseFeatures } = question
  const key = placeOf(question)
  const slots = new Map<string, Slot>()
  const scopeOf = (tenant: string): string => scopes.of(tenant, question)

  const slotOf = (scope: string): Slot => {
    let slot = slots.get(scope)
    if (slot === undefined) {
      slot = {
        place: { ...key, scope },
        serving: null,
        broken: false,
        unfit: null,
        gauge: null,
        looking: Promise.resolve(),
      }
      slots.set(scope, slot)
    }
    return slot
  }
  const check = (candidate: unknown, scope: string, minAuc: number): GateAnswer => {
    const rules: GateRules = { minAuc, trusted, baseFeatures, pod, question: name, tenant: scope }
    return gate(candidate, rules)
  }
  const loaded = new Set<string>()
  const load = (slot: Slot): Promise<void> => {
    const look = slot.looking.then(() => loadNow(slot))
    slot.looking = look.catch(() => {})
    return look
  }
  const loadNow = async (slot: Slot): Promise<void> => {
    const { scope } = slot.place
    const found = await db.transaction([scope], async handle => {
      const active = await readActive(handle, slot.place)
      if (active === null || isSame(slot.serving, active)) return { active, row: null }
      return { active, row: await readModel(handle, slot.place, active.digest) }
    })
    take(slot, found.active, found.row)
  }
  const take = (slot: Slot, active: ActiveRow | null, row: ModelRow | null): void => {
    const { scope } = slot.place
    loaded.add(scope)
    if (active === null || isSame(slot.serving, active)) return
    const answer = check(row === null ? brokenFile : storedModel(row), scope, acceptedAt(row, floor))
    if (!answer.ok) {
      slot.broken = slot.serving === null
      if (slot.unfit !== active.digest) log?.('model_not_loadable', { ...slot.place, code: answer.code })
      slot.unfit = active.digest
      return
    }
    const { validated, activatedAt: loadedAt } = active
    slot.serving = { model: answer.model, scorer: compileModel(answer.model), validated, loadedAt }
    slot.broken = false
    slot.unfit = null
    const { version, digest } = answer.model
    log?.('prediction_model_loaded', { ...slot.place, version, digest, validated })
    slot.gauge ??= createDriftGauge(driftFeatures(baseFeatures, answer.model.features))
  }
  const serving = (tenant: string): Scorer | null => slots.get(scopeOf(tenant))?.serving?.scorer ?? null
  const beside = versionsBeside(async (tenant, digest) => {
    const row = await db.read([tenant], reader => modelOfDecision(reader, tenant, key, digest))
    if (row === null) return null
    const answer = check(storedModel(row), row.scope, acceptedAt(row, floor))
    return answer.ok ? { scope: row.scope, scorer: compileModel(answer.model) } : null
  })
  const coverScope = (scope: string): Promise<void> | null => (loaded.has(scope) ? null : load(slotOf(scope)))
  const driftOf = ({ serving, gauge }: Slot) => {
    const score = serving === null || gauge === null ? 0 : gauge.score(serving.model.feature_stats)
    return { score, rows: gauge?.size ?? 0 }
  }

  return {
    trusted,
    scopes,
    scopeOf,
    check,
    serving,
    scorerOf(tenant, digest) {
      const serves = serving(tenant)
      return serves?.digest === digest ? serves : beside.get(tenant, digest)
    },
    coverVersion: (tenant, digest) => (serving(tenant)?.digest === digest ? null : beside.cover(tenant, digest)),
    cover(tenant) {
      const known = scopes.cover([tenant])
      const look = (): Promise<void> | null => coverScope(scopeOf(tenant))
      return known === null ? look() : known.then(() => look() ?? undefined)
    },
    coverScope,
    joinLook(tenant) {
      const scope = scopeOf(tenant)
      if (loaded.has(scope)) return null
      const slot = slotOf(scope)
      return {
        place: slot.place,
        follow(look) {
          slot.looking = look(slot.looking).catch(() => {})
        },
        take: found => take(slot, found?.active ?? null, found?.row ?? null),
      }
    },
    observe(tenant, schema, values) {
      slots.get(scopeOf(tenant))?.gauge?.add(schema, values)
    },
    status(tenant, judgedAt = null) {
      const slot = slotOf(scopeOf(tenant))
      const { score, rows } = driftOf(slot)
      const { broken, serving } = slot
      const known = { model: serving?.model ?? null, loadedAt: serving?.loadedAt ?? null, broken }
      return modelStatus({ ...known, drift: score, driftRows: rows, judgedAt, now: options.now() })
    },
    async refresh() {
      if (slots.size === 0) return
      // This runs every few seconds: one look for all tenants, and a look at a model only where another one is active.
      const scopes = [...slots.keys()]
      const active = await db.transaction(scopes, handle => readAllActive(handle, key, scopes))
      for (const [scope, row] of active) {
        const slot = slotOf(scope)
        if (!isSame(slot.serving, row)) await load(slot)
      }
    },
    current: scope => slots.get(scope)?.serving ?? null,
    setBroken(scope) {
      const slot = slotOf(scope)
      slot.broken = slot.serving === null
    },
    drift: tenant => driftOf(slotOf(scopeOf(tenant))),
  }
}

const isSame = (serving: Serving | null, active: ActiveRow): boolean =>
  serving !== null &&
  serving.model.digest === active.digest &&
  serving.loadedAt.getTime() === active.activatedAt.getTime()

/** The floor at which this digest was accepted: an audited override stays valid for it. */
export function acceptedAt(row: Pick<ModelRow, 'verdict'> | null, floor: number): number {
  const given = row?.verdict['min_auc']
  return typeof given === 'number' ? Math.min(floor, given) : floor
}
