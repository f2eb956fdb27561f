import type { Contact, LeadDetail, LeadItem, MessageView, Page, SearchAnswer } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Database, Db } from '../../store/db.ts'
import { findDecision } from '../../store/decisions.ts'
import { hiddenOpinions } from '../../store/hidden-opinions.ts'
import { type DataKeys, openContact } from '../../store/seal.ts'
import {
  type CaseHead,
  featureNames,
  headsOf,
  latestOutcomes,
  newestMessages,
  type Opening,
  openingsOf,
  outcomesOf,
  pageOfCases,
} from './case-rows.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { followupsOf, presentState } from './followup-rows.ts'
import { decisionView, leadItem, maskContact, thread, withheldView } from './lead-view.ts'
import { findByWords, type SearchBounds } from './search-rows.ts'
import { preview, type QueryPrivacy, searchTerms } from './search-terms.ts'

export interface CasesDeps {
  readonly db: Database
  /** Name of the pod whose cases are shown. */
  readonly pod: string
  readonly dataKeys: DataKeys
  /** May have to load the tenant first. */
  privacy(tenant: string): QueryPrivacy | Promise<QueryPrivacy>
  /** ENABLE_MEMORY; false: conversations are not shown. */
  readonly memory: boolean
  /** Left out: what suits a real tenant. */
  readonly searchBounds?: SearchBounds
}

/** One thread holds the newest 100 messages. */
const threadLength = 100
const cursorList = 'cases'

/** Leads and their conversations, as people look at them. */
export function cases(deps: CasesDeps) {
  const { db, pod } = deps

  return {
    async list(tenant: string, options: { limit: number; cursor?: string }): Promise<Page<LeadItem>> {
      const after = options.cursor === undefined ? null : readCursor(tenant, cursorList, options.cursor)
      return db.transaction([tenant], async handle => {
        const found = await pageOfCases(handle, tenant, pod, options.limit + 1, after)
        const heads = found.slice(0, options.limit)
        const last = heads.at(-1)
        const next =
          found.length > heads.length && last !== undefined
            ? writeCursor(tenant, cursorList, { recordedAt: last.exactly, caseId: last.caseId })
            : null
        return { items: await itemsOf(handle, deps, tenant, heads), next }
      })
    },

    async get(tenant: string, id: string): Promise<LeadDetail> {
      return db.transaction([tenant], async handle => {
        const head = await headOf(handle, tenant, pod, id)
        const [lead] = await itemsOf(handle, deps, tenant, [head])
        const decision = await findDecision(handle, tenant, pod, id, head.recordedAt)
        if (lead === undefined || decision === null) throw new Error(`the decision of case ${id} is missing`)
        const names = await featureNames(handle, tenant, pod, decision.schemaHash)
        const outcomes = (await outcomesOf(handle, tenant, pod, head)).map(row => ({
          ...row,
          occurred_at: row.occurred_at.toISOString(),
          recorded_at: row.recorded_at.toISOString(),
        }))
        const hidden = (await hiddenOpinions(handle, tenant, pod, [id])).has(id)
        const moved = await presentState(handle, tenant, head)
        const followups = hidden ? [] : await followupsOf(handle, tenant, head)
        const view = decisionView(decision, names, { moved, followups })
        return { lead, decision: hidden ? withheldView(view) : view, followups, outcomes, exposures: [] }
      })
    },

    async history(tenant: string, id: string, limit: number): Promise<readonly MessageView[]> {
      return db.transaction([tenant], async handle => {
        const head = await headOf(handle, tenant, pod, id)
        if (!deps.memory) return []
        const shown = Math.min(limit, threadLength)
        const messages = await newestMessages(handle, tenant, [head], shown)
        const openings = await openingsOf(handle, tenant, pod, [head])
        return thread(messages.get(id) ?? [], openings.get(id), shown)
      })
    },

    async search(tenant: string, q: string, options: { limit: number }): Promise<SearchAnswer> {
      const terms = searchTerms(q, await deps.privacy(tenant))
      if (terms === null) return { results: [], onlyNewest: null }
      return db.transaction([tenant], async handle => {
        const search = (query: string) => findByWords(handle, { tenant, pod }, query, options.limit, deps.searchBounds)
        const all = await search(terms.all)
        const { found, onlyNewest } = all.found.length > 0 || terms.any === terms.all ? all : await search(terms.any)
        const heads = await headsOf(
          handle,
          tenant,
          pod,
          found.map(one => one.caseId),
        )
        const openings = await openingsOf(handle, tenant, pod, heads)
        const results = found.flatMap(one => {
          const opening = openings.get(one.caseId)
          if (opening === undefined) return []
          const contact = maskContact(contactOf(deps, tenant, one.caseId, opening))
          return {
            lead_id: one.caseId,
            name: contact.name ?? null,
            phone: contact.phone ?? null,
            score: Math.max(0.0001, Math.round(one.rank * 10_000) / 10_000),
            preview: preview(deps.memory ? (one.messageText ?? opening.details) : opening.details, terms.words),
          }
        })
        return { results, onlyNewest }
      })
    },
  }
}

/** Unknown here and unknown because it is another tenant's: the same answer. */
export async function headOf(db: Db, tenant: string, pod: string, id: string): Promise<CaseHead> {
  // PostgreSQL has no text with a NUL in it.
  const [head] = id.includes('\0') ? [] : await headsOf(db, tenant, pod, [id])
  if (head === undefined) throw new Problem('lead_not_found')
  return head
}

async function itemsOf(
  db: Db,
  deps: CasesDeps,
  tenant: string,
  heads: readonly CaseHead[],
): Promise<readonly LeadItem[]> {
  const openings = await openingsOf(db, tenant, deps.pod, heads)
  const outcomes = await latestOutcomes(db, tenant, deps.pod, heads)
  const messages = await newestMessages(db, tenant, deps.memory ? heads : [], 3)
  const hidden = await hiddenOpinions(
    db,
    tenant,
    deps.pod,
    heads.map(head => head.caseId),
  )
  return heads.map(head => {
    const opening = openings.get(head.caseId)
    const item = leadItem({
      tenant,
      head: hidden.has(head.caseId) ? { ...head, probability: null } : head,
      opening,
      contact: maskContact(contactOf(deps, tenant, head.caseId, opening)),
      outcome: outcomes.get(head.caseId) ?? null,
      messages: messages.get(head.caseId) ?? [],
    })
    return deps.memory ? item : { ...item, last_messages: [] }
  })
}

export function contactOf(
  deps: Pick<CasesDeps, 'dataKeys'>,
  tenant: string,
  caseId: string,
  opening: Opening | undefined,
): Contact {
  if (opening === undefined || opening.sealed === null) return {}
  return openContact(deps.dataKeys, tenant, caseId, opening.sealed)
}
