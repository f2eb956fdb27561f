import { placeOf, questionOfAction } from '@surety/contract'
import { counter, gauge } from '../../metrics/register.ts'
import type { createLater, Later } from '../../pipeline/later.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Context } from '../../runtime/context.ts'
import type { EventMap, Listens } from '../../runtime/events.ts'
import type { Manner } from '../../runtime/manner.ts'
import { tenantsWithDueActs } from '../../store/acts.ts'
import type { Tx } from '../../store/db.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { acts, type TakeOverNeeds } from './acts.ts'
import { actRoutes } from './routes.ts'

export interface ActsNeeds extends TakeOverNeeds {
  readonly createLater: typeof createLater
  /** Performs what is due of one tenant. */
  perform(
    db: Tx,
    tenant: string,
    at: Date,
  ): Promise<{
    readonly acts: readonly { readonly pod: string; readonly action: string; readonly state: string }[]
    readonly moves: EventMap['cases.moved']
    readonly more: boolean
  }>
  /** Milliseconds between two sweeps; 0: only what is woken is performed. */
  readonly sweepMs?: number
}

export type OpenActs = Later &
  AsyncDisposable & {
    readonly listens: Listens
    readonly routes: ReturnType<typeof actRoutes>
    /** Everything of one tenant that is due at this moment, where nothing is done by itself. */
    performAll(tenant: string, at: Date): Promise<void>
  }

const dayMs = 86_400_000
/** New tenants are woken for at once by whoever records for them; the sweep may hear of them later. */
const tenantsFreshMs = 5_000

/**
 * What is to be done, done once: the stage `act` bound to the store and to a clock that ticks, woken after each batch and
 * every second for the rest; and what people see of it and take out of its hands.
 */
export function openActs(
  ctx: Pick<Context, 'db' | 'now' | 'audit' | 'leads' | 'installed' | 'metrics' | 'events' | 'every' | 'onError'> & {
    readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
    /** Left out: what is due is done by itself. */
    readonly manner?: () => Pick<Manner, 'byItself'>
  },
  needs: ActsNeeds,
): OpenActs {
  const { db, clock, events, onError } = ctx
  const byItself = () => ctx.manner?.().byItself !== false
  const performed = counter(ctx.metrics, 'act_total')
  const oldest = gauge(ctx.metrics, 'act_oldest_due_seconds')
  const tenants = cached(tenantsFreshMs, clock.monotonicMs, () => db.transaction([], tenantsOf))
  let sweptAll = false
  const perform = async (tenant: string, at: Date): Promise<boolean> => {
    const done = await db.transaction([tenant], handle => needs.perform(handle, tenant, at))
    for (const { pod, action, state } of done.acts)
      performed.inc({ ...placeOf(questionOfAction(ctx.installed.podNamed(pod), action)), action, result: state })
    if (done.moves.length > 0) void events.publish('cases.moved', done.moves)
    return done.more
  }

  const later = needs.createLater({
    now: clock.now,
    onError,
    async due(at) {
      const all = await tenants()
      // What an outage of weeks left behind is found once, at the start.
      const since = new Date(sweptAll ? at.getTime() - 40 * dayMs : 0)
      const found = all.length === 0 ? [] : await db.transaction(all, handle => tenantsWithDueActs(handle, at, since))
      sweptAll = true
      oldest.set(Math.max(0, ...found.map(one => (at.getTime() - one.oldest.getTime()) / 1000)))
      return found.map(one => one.tenant)
    },
    perform,
  })
  const { sweepMs = 1_000 } = needs
  const work = async () => (byItself() ? later.sweep() : undefined)
  const loop = sweepMs > 0 ? ctx.every({ name: 'acts', everyMs: sweepMs, mostMs: 4_000, work }) : null
  return {
    ...later,
    routes: actRoutes(acts({ ...ctx, ...needs })),
    async performAll(tenant, at) {
      while (await perform(tenant, at));
    },
    listens: { 'batch.committed': batch => (byItself() ? later.wake(tenantsToServe(batch)) : undefined) },
    async [Symbol.asyncDispose]() {
      await loop?.[Symbol.asyncDispose]()
      await later.drain()
    },
  }
}

/** Tenants for whom this batch committed something to be done. */
function tenantsToServe({ items, eventResults }: EventMap['batch.committed']): ReadonlySet<string> {
  const tenants = new Set<string>()
  for (const [i, item] of items.entries()) {
    const eventResult = eventResults[i]
    // The event result and not the item: it may have been decided anew.
    if (eventResult?.status === 'recorded' && eventResult.decisions.some(({ automatic }) => automatic))
      tenants.add(item.raw.tenant)
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
