import type { InboxOrder, InboxPage, Principal } from '@surety/contract'
import type { Db } from '../../store/db.ts'
import { type CaseFacts, factsOf } from './case-facts.ts'
import { closeOverdue } from './close.ts'
import { holderOf, type InboxDeps, podNames, podOf } from './deps.ts'
import { readInboxCursor, writeInboxCursor } from './inbox-cursor.ts'
import { countInbox, type InboxCase, pageOfInbox, placeOf } from './inbox-rows.ts'
import { countsView, itemView, type Viewer } from './item-view.ts'

export interface ListOptions {
  readonly pod?: string
  readonly order: InboxOrder
  readonly limit: number
  readonly cursor?: string
}

/** The waiting cases, in the order in which they are handed out. */
export async function listInbox(deps: InboxDeps, actor: Principal, options: ListOptions): Promise<InboxPage> {
  const { tenant } = actor
  const at = deps.now()
  const pods = podNames(deps, options.pod)
  const list = `${tenant}\ninbox\n${options.order}\n${pods.join()}`
  const place = options.cursor === undefined ? null : readInboxCursor(list, options.cursor)
  await closeOverdue(deps, tenant, at)
  return deps.db.transaction([tenant], async db => {
    const counts = countsView(await countInbox(db, tenant, pods, at))
    const as_of = at.toISOString()
    if (actor.role === 'viewer') return { items: [], next: null, counts, as_of }
    const { order, limit } = options
    const found = await pageOfInbox(db, tenant, { pods, order, limit: limit + 1, after: place })
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    const next = found.length > rows.length && last !== undefined ? writeInboxCursor(list, placeOf(last)) : null
    return { items: await viewsOf(deps, db, actor, rows, at), next, counts, as_of }
  })
}

/** Items in the order of `rows`; a case whose decision is gone is left out. */
export async function viewsOf(
  deps: InboxDeps,
  db: Db,
  actor: Principal,
  rows: readonly InboxCase[],
  at: Date,
  known: ReadonlyMap<string, CaseFacts> | null = null,
) {
  const facts = known ?? (await factsOf(db, actor.tenant, rows))
  const viewer: Viewer = { holder: holderOf(actor), role: actor.role, at }
  return rows.flatMap(row => {
    const about = facts.get(row.caseId)
    return about === undefined ? [] : [itemView(podOf(deps, row.pod), row, about, viewer)]
  })
}
