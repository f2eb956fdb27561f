import type { InboxOrder, InboxPage, Principal } from '@surety/contract'
import { type CaseFacts, factsOf } from '../../store/case-facts.ts'
import { casesAmong } from '../../store/cases.ts'
import type { Reader } from '../../store/db.ts'
import { findingsOnCases } from '../../store/evaluations.ts'
import { eachDecision, type InboxCase, type InboxKey, readInboxCases } from '../../store/inbox.ts'
import { countInbox } from '../../store/inbox-counts.ts'
import { closePassed } from './close.ts'
import { holderOf, type InboxDeps, podNames, podOf } from './deps.ts'
import { readInboxCursor, writeInboxCursor } from './inbox-cursor.ts'
import { countsView, itemView, type Viewer } from './item-view.ts'
import { type Page, pageOfInbox } from './walk.ts'

export interface ListOptions {
  readonly pod?: string
  readonly order: InboxOrder
  readonly limit: number
  readonly cursor?: string
}

/**
 * The waiting cases, in the order in which they are handed out. A page may be shorter than asked for and still have a next
 * one, where much that is over stands in its place.
 */
export async function listInbox(deps: InboxDeps, actor: Principal, options: ListOptions): Promise<InboxPage> {
  const { tenant } = actor
  const at = deps.now()
  const pods = podNames(deps, options.pod)
  const list = `${tenant}\ninbox\n${options.order}\n${pods.join()}`
  const place = options.cursor === undefined ? null : readInboxCursor(list, options.cursor)
  const way = { tenant, pods, order: options.order, at, after: place }
  const page =
    actor.role === 'viewer' ? noPage : await deps.db.read([tenant], db => pageOfInbox(db, way, options.limit))
  await closePassed(deps, tenant, at, page.over)
  return deps.db.read([tenant], async db => ({
    items: await viewsOf(deps, db, actor, await rowsOf(db, tenant, page.cases), at),
    next: page.next === null ? null : writeInboxCursor(list, page.next),
    counts: countsView(await countInbox(db, tenant, pods, at)),
    as_of: at.toISOString(),
  }))
}

const noPage: Page = { cases: [], next: null, over: [] }

/** The cases of a page in its order, as they are now; what was closed meanwhile is left out. */
async function rowsOf(db: Reader, tenant: string, cases: Page['cases']): Promise<readonly InboxCase[]> {
  if (cases.length === 0) return []
  const keyOf = ({ pod, caseId }: InboxKey): string => `${pod}\n${caseId}`
  const rows = new Map((await readInboxCases(db, tenant, cases)).map(row => [keyOf(row), row]))
  return cases.flatMap(one => {
    const row = rows.get(keyOf(one))
    return row === undefined || row.state !== 'open' ? [] : [row]
  })
}

/** Items in the order of `rows`; a case whose decision is gone is left out. */
export async function viewsOf(
  deps: InboxDeps,
  db: Reader,
  actor: Principal,
  rows: readonly InboxCase[],
  at: Date,
  known: ReadonlyMap<string, CaseFacts> | null = null,
) {
  const facts = known ?? (await factsOf(db, actor.tenant, rows.flatMap(eachDecision)))
  const viewer: Viewer = { holder: holderOf(actor), role: actor.role, at }
  const alerts = await alertsOf(deps, db, actor.tenant, rows)
  return rows.flatMap(row => {
    const alert = alerts.find(one => one.pod === row.pod && one.caseId === row.caseId) ?? null
    return itemView(podOf(deps, row.pod), row, facts, alert, viewer) ?? []
  })
}

/** Rows of pods whose cases have a life of their own are looked up, with what was found; of others nothing is read. */
async function alertsOf(deps: InboxDeps, db: Reader, tenant: string, rows: readonly InboxCase[]) {
  const hanging = rows.filter(({ pod }) => podOf(deps, pod).questions.some(({ hangs }) => hangs !== undefined))
  if (hanging.length === 0) return []
  const alerts = await casesAmong(db, tenant, hanging)
  const wordOf = ({ pod, caseId }: InboxKey): string => `${pod}\n${caseId}`
  const unseen = new Set(hanging.filter(({ blinded }) => blinded).map(wordOf))
  // Nothing joins a blind audit: what came after the first event would tell that it is none.
  const found = new Map([
    ...(await findingsOnCases(
      db,
      tenant,
      alerts.filter(alert => !unseen.has(wordOf(alert))),
      'newest',
    )),
    ...(await findingsOnCases(
      db,
      tenant,
      alerts.filter(alert => unseen.has(wordOf(alert))),
      'opening',
    )),
  ])
  return alerts.map(alert => ({ ...alert, findings: found.get(wordOf(alert)) ?? { few: [], count: 0 } }))
}
