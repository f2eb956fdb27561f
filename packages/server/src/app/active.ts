import type { Pod, PodSettings } from '@surety/contract'
import type { TenantPrivacy } from '../pipeline/ingest.ts'
import type { Policy, ServingModel, Snapshot } from '../pipeline/item.ts'

/** What is known of one tenant: loaded once, read again in the background when older than `staleMs`. */
interface Known {
  readonly privacy: TenantPrivacy
  readonly settings: ReadonlyMap<string, PodSettings>
  readonly policies: ReadonlyMap<string, Policy>
  loadedMs: number
  reloading: boolean
}

export interface TenantState {
  readonly country: string
  /** By pod name. */
  readonly settings: ReadonlyMap<string, PodSettings>
  readonly policies: ReadonlyMap<string, Policy>
}

export interface ActiveDeps {
  load(tenant: string): Promise<TenantState>
  privacy(tenant: string, country: string): TenantPrivacy
  serving(tenant: string, pod: Pod): ServingModel | null
  readonly enrichment: boolean
  readonly monotonicMs: () => number
  readonly onError: (error: unknown) => void
}

export interface Active {
  prepare(tenants: ReadonlySet<string>): Promise<void> | null
  snapshot(): Snapshot
  privacy(tenant: string): TenantPrivacy
  /** Reads a tenant again now: its settings were changed here. */
  refresh(tenant: string): Promise<void>
}

/** Replicas follow a change within this time. */
const staleMs = 4_000

/** The immutable snapshots that batches walk with. Nothing on the hot path waits once a tenant is known. */
export function createActive(deps: ActiveDeps): Active {
  const tenants = new Map<string, Known>()

  const refresh = async (tenant: string): Promise<void> => {
    const state = await deps.load(tenant)
    const before = tenants.get(tenant)
    // The same object for the same settings: feature schemas are remembered by it.
    const settings =
      before !== undefined && sameSettings(before.settings, state.settings) ? before.settings : state.settings
    tenants.set(tenant, {
      privacy: before?.privacy ?? deps.privacy(tenant, state.country),
      settings,
      policies: state.policies,
      loadedMs: deps.monotonicMs(),
      reloading: false,
    })
  }

  const known = (tenant: string): Known => {
    const found = tenants.get(tenant)
    if (found === undefined) throw new Error('a tenant was used before it was prepared')
    return found
  }

  const renew = (tenant: string, entry: Known): void => {
    if (entry.reloading || deps.monotonicMs() - entry.loadedMs < staleMs) return
    entry.reloading = true
    refresh(tenant).catch(error => {
      entry.reloading = false
      entry.loadedMs = deps.monotonicMs()
      deps.onError(error)
    })
  }

  return {
    prepare(wanted) {
      const missing: Promise<void>[] = []
      for (const tenant of wanted) {
        const entry = tenants.get(tenant)
        if (entry === undefined) missing.push(refresh(tenant))
        else renew(tenant, entry)
      }
      return missing.length === 0 ? null : Promise.all(missing).then(() => undefined)
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
      const models = new Map<string, ServingModel | null>()
      return {
        enrichment: deps.enrichment,
        settings: (tenant, pod) => of(tenant).settings.get(pod.name) ?? pod.defaultSettings,
        policy: (tenant, pod) => of(tenant).policies.get(pod.name) ?? { version: 0, threshold: pod.threshold },
        model(tenant, pod) {
          const key = pod.modelScope === 'all' ? `*\n${pod.name}` : `${tenant}\n${pod.name}`
          let model = models.get(key)
          if (model === undefined) {
            model = deps.serving(tenant, pod)
            models.set(key, model)
          }
          return model
        },
      }
    },
    privacy: tenant => known(tenant).privacy,
    refresh,
  }
}

function sameSettings(a: ReadonlyMap<string, PodSettings>, b: ReadonlyMap<string, PodSettings>): boolean {
  if (a.size !== b.size) return false
  for (const [pod, value] of b) if (JSON.stringify(a.get(pod)) !== JSON.stringify(value)) return false
  return true
}
