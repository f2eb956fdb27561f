import type { Fate, Pod } from '@surety/contract'
import type { Registry } from 'prom-client'
import { counter, gauge, mainQuestion } from '../metrics/register.ts'
import { act, type Performed } from '../pipeline/act/act.ts'
import type { Arrived, Decided } from '../pipeline/item.ts'
import { createLater, type Later } from '../pipeline/later.ts'
import { podNamed } from '../pods.ts'
import { tenantsWithDueActs } from '../store/acts.ts'
import type { Database } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'

export interface OpenActsDeps {
  readonly db: Database
  readonly now: () => Date
  readonly monotonicMs: () => number
  readonly registry: Registry
  queueDays(tenant: string, pod: Pod): Promise<number>
  /** Counts cases that moved from state to state. */
  moved(moves: Performed['moves']): void
  readonly onError: (error: unknown) => void
  /** Milliseconds between two sweeps; 0: only what is woken is performed. */
  readonly sweepMs?: number
}

export type OpenActs = Later & AsyncDisposable

const dayMs = 86_400_000
/** New tenants are woken for at once by whoever records for them; the sweep may hear of them later. */
const tenantsFreshMs = 5_000

/** Binds the room `act` to the store and to a clock that ticks: woken after each batch, and every second for the rest. */
export function openActs(deps: OpenActsDeps): OpenActs {
  const { db } = deps
  const performed = counter(deps.registry, 'act_total')
  const oldest = gauge(deps.registry, 'act_oldest_due_seconds')
  const tenants = cached(tenantsFreshMs, deps.monotonicMs, () => db.transaction([], tenantsOf))
  let sweptAll = false

  const later = createLater({
    now: deps.now,
    onError: deps.onError,
    async due(at) {
      const all = await tenants()
      // What an outage of weeks left behind is found once, at the start.
      const since = new Date(sweptAll ? at.getTime() - 40 * dayMs : 0)
      const found = all.length === 0 ? [] : await db.transaction(all, handle => tenantsWithDueActs(handle, at, since))
      sweptAll = true
      oldest.set(Math.max(0, ...found.map(one => (at.getTime() - one.oldest.getTime()) / 1000)))
      return found.map(one => one.tenant)
    },
    async perform(tenant, at) {
      const done = await db.transaction([tenant], handle =>
        act(handle, tenant, at, { podNamed, queueDays: deps.queueDays }),
      )
      for (const { pod, action, state } of done.acts)
        performed.inc({ pod, question: mainQuestion, action, result: state })
      deps.moved(done.moves)
      return done.more
    },
  })
  const { sweepMs = 1_000 } = deps
  const timer = sweepMs > 0 ? setInterval(() => void later.sweep(), sweepMs) : null
  timer?.unref()
  return {
    ...later,
    async [Symbol.asyncDispose]() {
      if (timer !== null) clearInterval(timer)
      await later.drain()
    },
  }
}

/** Tenants for whom this batch committed something to be done. */
export function tenantsToServe(items: readonly (Arrived | Decided)[], fates: readonly Fate[]): ReadonlySet<string> {
  const tenants = new Set<string>()
  for (const [i, item] of items.entries()) {
    const fate = fates[i]
    // The fate and not the item: it may have been decided anew.
    if (fate?.status === 'recorded' && fate.decision?.automatic === true) tenants.add(item.raw.tenant)
  }
  return tenants
}

/** What `load` answered, for so long. */
function cached<T>(freshMs: number, monotonicMs: () => number, load: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: T; readonly at: number } | null = null
  return async () => {
    if (known === null || monotonicMs() - known.at > freshMs) known = { value: await load(), at: monotonicMs() }
    return known.value
  }
}
