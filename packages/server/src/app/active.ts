import type { PodSettings, Question } from '@surety/contract'
import { autonomyOf } from '../manage/autonomy/autonomy-of.ts'
import type { AutonomyState } from '../manage/autonomy/load-autonomy.ts'
import type { TenantPrivacy } from '../pipeline/ingest.ts'
import type { Policy, ServingModel, Snapshot } from '../pipeline/item.ts'
import type { ActCountRow, PlaceRow } from '../store/act-counts.ts'
import type { OutcomeLimits } from '../store/tenants.ts'
import { type Caps, createCaps } from './caps.ts'
import { noReference, type ReferenceSnapshot } from './reference.ts'

/** What is known of one tenant: loaded once, read again in the background when older than `freshMs`. */
interface Known {
  readonly privacy: TenantPrivacy
  readonly country: string
  readonly outcomeLimits: OutcomeLimits
  readonly settings: ReadonlyMap<string, PodSettings>
  readonly policies: ReadonlyMap<string, Policy>
  readonly autonomy: ReadonlyMap<string, AutonomyState>
  readonly reference: ReadonlyMap<string, ReferenceSnapshot>
  /** When the reading of it began: what is saved meanwhile may be missing. */
  readonly askedMs: number
  /** The next reading, while it is under way. */
  renewing: Promise<void> | null
}

export interface TenantState {
  readonly country: string
  readonly outcomeLimits: OutcomeLimits
  /** By pod name. */
  readonly settings: ReadonlyMap<string, PodSettings>
  /** By `pod\nquestion`, as is `autonomy`. */
  readonly policies: ReadonlyMap<string, Policy>
  readonly autonomy: ReadonlyMap<string, AutonomyState>
  /** By pod name; only of pods that hold reference data in memory. */
  readonly reference: ReadonlyMap<string, ReferenceSnapshot>
}

export interface ActiveOptions {
  /** @param known what was read last time, so that what has not changed need not be read again */
  load(tenant: string, known: Pick<TenantState, 'autonomy' | 'reference'> | null): Promise<TenantState>
  count(places: readonly PlaceRow[]): Promise<readonly ActCountRow[]>
  privacy(tenant: string, country: string): TenantPrivacy
  serving(tenant: string, question: Question): ServingModel | null
  /** The model of a digest, where it is loaded here. */
  scorerOf(tenant: string, question: Question, digest: string): ServingModel | null
  readonly enrichment: boolean
  readonly monotonicMs: () => number
  readonly onError: (error: unknown) => void
}

export interface Active {
  prepare(tenants: ReadonlySet<string>): Promise<void> | null
  snapshot(): Snapshot
  privacy(tenant: string): TenantPrivacy
  outcomeLimits(tenant: string): OutcomeLimits
  /** Told of the places that a batch takes under the caps of the hour. */
  readonly writing: Caps['writing']
  /** Reads again what is taken where these places are. */
  recount(places: readonly PlaceRow[]): Promise<void>
  /** Reads a tenant again now: its settings or its autonomy have changed. */
  refresh(tenant: string): Promise<void>
  /** Tenants whose state is held here. */
  known(): readonly string[]
}

/** Older than this, it is read again while batches go on with it. */
const freshMs = 4_000
/** Replicas follow a change within this time: after a quiet hour the next batch waits for the settings of now. */
const stalestMs = 5_000

/** The immutable snapshots that batches walk with. Nothing on the hot path waits once a tenant is known. */
export function createActive(deps: ActiveOptions): Active {
  const tenants = new Map<string, Known>()
  const caps = createCaps()

  const refresh = async (tenant: string): Promise<void> => {
    const askedMs = deps.monotonicMs()
    const state = await deps.load(tenant, tenants.get(tenant) ?? null)
    const before = tenants.get(tenant)
    // An answer that was asked for earlier must not undo a later one.
    if (before !== undefined && before.askedMs > askedMs) return
    // The same object for the same settings: feature schemas are remembered by it.
    const settings =
      before !== undefined && sameSettings(before.settings, state.settings) ? before.settings : state.settings
    tenants.set(tenant, {
      privacy: before?.country === state.country ? before.privacy : deps.privacy(tenant, state.country),
      country: state.country,
      outcomeLimits: state.outcomeLimits,
      settings,
      policies: state.policies,
      autonomy: state.autonomy,
      reference: state.reference,
      askedMs,
      renewing: null,
    })
    const counts = [...state.autonomy].flatMap(([name, { acts, hour }]) => {
      const [pod, question] = name.split('\n') as [string, string]
      return [...acts].map(([action, acts]) => ({ tenant, pod, question, action, hour: new Date(hour), acts }))
    })
    caps.read(tenant, counts)
  }

  const known = (tenant: string): Known => {
    const found = tenants.get(tenant)
    if (found === undefined) throw new Error('a tenant was used before it was prepared')
    return found
  }

  /** null: what is known is fresh enough to go on with. */
  const renew = (tenant: string, entry: Known): Promise<void> | null => {
    const age = deps.monotonicMs() - entry.askedMs
    if (age < freshMs) return null
    if (entry.renewing === null) {
      entry.renewing = refresh(tenant).finally(() => {
        entry.renewing = null
      })
      // Whoever does not wait for it goes on with what is known; the next batch asks again.
      entry.renewing.catch(deps.onError)
    }
    return age < stalestMs ? null : entry.renewing
  }

  return {
    prepare(wanted) {
      const waits: Promise<void>[] = []
      for (const tenant of wanted) {
        const entry = tenants.get(tenant)
        const wait = entry === undefined ? refresh(tenant) : renew(tenant, entry)
        if (wait !== null) waits.push(wait)
      }
      return waits.length === 0 ? null : Promise.all(waits).then(() => undefined)
    },
    snapshot() {
      const seen = new Map<string, Known>()
      const of = (tenant: string): Known => {
        let entry = seen.get(tenant)
        if (entry === undefined) {
          entry = known(tenant)
          seen.set(tenant, entry)
        }
        return entry
      }
      const model = once(deps.serving)
      return {
        enrichment: deps.enrichment,
        settings: (tenant, pod) => of(tenant).settings.get(pod.name) ?? pod.defaultSettings,
        policy: once(
          (tenant, question) =>
            of(tenant).policies.get(nameOf(question)) ?? { version: 0, threshold: question.threshold },
        ),
        model,
        reference: (tenant, pod, at) => (of(tenant).reference.get(pod.name) ?? noReference).at(at),
        referenceChange: (tenant, pod) => of(tenant).reference.get(pod.name)?.change ?? null,
        autonomy: once((tenant, question) => {
          const { autonomy: states, privacy } = of(tenant)
          const state = states.get(nameOf(question))
          if (state === undefined)
            throw new Error(`nothing is known of the autonomy of ${question.pod}, ${question.name}`)
          const loaded = {
            digest: model(tenant, question)?.digest ?? null,
            scorerOf: (digest: string) => deps.scorerOf(tenant, question, digest),
          }
          return autonomyOf(question, state, loaded, privacy.hash, (action, at) =>
            caps.room(tenant, question.pod, action, at),
          )
        }),
      }
    },
    privacy: tenant => known(tenant).privacy,
    outcomeLimits: tenant => known(tenant).outcomeLimits,
    writing: caps.writing,
    recount: async places => caps.readSome(await deps.count(places)),
    refresh,
    known: () => [...tenants.keys()],
  }
}

/** Worked out once for each tenant and question, however many cases of a batch ask. */
function once<Of>(make: (tenant: string, question: Question) => Of): (tenant: string, question: Question) => Of {
  const made = new Map<string, Map<Question, Of>>()
  return (tenant, question) => {
    const ofTenant = made.get(tenant) ?? new Map<Question, Of>()
    if (ofTenant.size === 0) made.set(tenant, ofTenant)
    const known = ofTenant.get(question)
    if (known !== undefined) return known
    const found = make(tenant, question)
    ofTenant.set(question, found)
    return found
  }
}

/** The key of a question in these maps. */
export const nameOf = ({ pod, name }: Pick<Question, 'pod' | 'name'>): string => `${pod}\n${name}`

function sameSettings(a: ReadonlyMap<string, PodSettings>, b: ReadonlyMap<string, PodSettings>): boolean {
  if (a.size !== b.size) return false
  for (const [pod, value] of b) if (JSON.stringify(a.get(pod)) !== JSON.stringify(value)) return false
  return true
}
