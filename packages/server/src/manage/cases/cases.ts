import type { Contact, LeadDetail, LeadItem, MessageView, Page, SearchAnswer } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { blindedOpinions } from '../../store/blinded-opinions.ts'
import { type CaseHead, headsOf, pageOfCases } from '../../store/case-heads.ts'
import { findByWords, type SearchBounds } from '../../store/case-search.ts'
import type { Reader } from '../../store/db.ts'
import { findDecision } from '../../store/decisions.ts'
import { type Opening, openingsOf } from '../../store/events.ts'
import { specsOf } from '../../store/feature-schemas.ts'
import { newestMessages } from '../../store/messages.ts'
import { latestOutcomes, outcomesOfCase } from '../../store/outcomes.ts'
import { type DataKeys, openContact } from '../../store/seal.ts'
import { presentState } from '../../store/transitions.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { followupsOf } from './followups.ts'
import { decisionView, leadItem, maskContact, outcomeView, thread, withheldView } from './lead-view.ts'
import { preview, type QueryPrivacy, searchTerms } from './search-terms.ts'

export interface CasesNeeds {
  /** Name of the pod whose cases are shown. */
  readonly pod: string
  readonly dataKeys: DataKeys
  /** A contact that is to be shown could not be opened. */
  unreadable(error: unknown): void
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
export function cases(deps: Pick<Context, 'db'> & CasesNeeds) {
  const { db, pod } = deps

  return {
    async list(tenant: string, options: { limit: number; cursor?: string }): Promise<Page<LeadItem>> {
      const after = options.cursor === undefined ? null : readCursor(tenant, cursorList, options.cursor)
      return db.read([tenant], async reader => {
        const found = await pageOfCases(reader, tenant, pod, options.limit + 1, after)
        const heads = found.slice(0, options.limit)
        const last = heads.at(-1)
        const next =
          found.length > heads.length && last !== undefined
            ? writeCursor(tenant, cursorList, { recordedAt: last.exactly, caseId: last.caseId })
            : null
        return { items: await itemsOf(reader, deps, tenant, heads), next }
      })
    },

    async get(tenant: string, id: string): Promise<LeadDetail> {
      return db.read([tenant], async reader => {
        const head = await headOf(reader, tenant, pod, id)
        const [lead] = await itemsOf(reader, deps, tenant, [head])
        const decision = await findDecision(reader, tenant, pod, id, head.recordedAt)
        if (lead === undefined || decision === null) throw new Error(`the decision of case ${id} is missing`)
        const names = (await specsOf(reader, tenant, pod, decision.schemaHash)).map(spec => spec.name)
        const outcomes = (await outcomesOfCase(reader, tenant, pod, head)).map(outcomeView)
        const blinded = (await blindedOpinions(reader, tenant, pod, [id])).has(id)
        const moved = await presentState(reader, tenant, decision)
        const followups = blinded ? [] : await followupsOf(reader, tenant, head)
        const view = decisionView(decision, names, { moved, followups })
        return { lead, decision: blinded ? withheldView(view) : view, followups, outcomes, exposures: [] }
      })
    },

    async history(tenant: string, id: string, limit: number): Promise<readonly MessageView[]> {
      return db.read([tenant], async reader => {
        const head = await headOf(reader, tenant, pod, id)
        if (!deps.memory) return []
        const shown = Math.min(limit, threadLength)
        const messages = await newestMessages(reader, tenant, [head], shown)
        const openings = await openingsOf(reader, tenant, pod, [head])
        return thread(messages.get(id) ?? [], openings.get(id), shown)
      })
    },

    async search(tenant: string, q: string, options: { limit: number }): Promise<SearchAnswer> {
      const terms = searchTerms(q, await deps.privacy(tenant))
      if (terms === null) return { results: [], onlyNewest: null }
      const read = <T>(work: (reader: Reader) => Promise<T>): Promise<T> => db.read([tenant], work)
      const search = (query: string) => findByWords(read, { tenant, pod }, query, options.limit, deps.searchBounds)
      const all = await search(terms.all)
      const { found, onlyNewest } = all.found.length > 0 || terms.any === terms.all ? all : await search(terms.any)
      return read(async reader => {
        const heads = await headsOf(
          reader,
          tenant,
          pod,
          found.map(one => one.caseId),
        )
        const openings = await openingsOf(reader, tenant, pod, heads)
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
export async function headOf(db: Reader, tenant: string, pod: string, id: string): Promise<CaseHead> {
  // PostgreSQL has no text with a NUL in it.
  const [head] = id.includes('\0') ? [] : await headsOf(db, tenant, pod, [id])
  if (head === undefined) throw new Problem('lead_not_found')
  return head
}

async function itemsOf(
  db: Reader,
  deps: CasesNeeds,
  tenant: string,
  heads: readonly CaseHead[],
): Promise<readonly LeadItem[]> {
  const openings = await openingsOf(db, tenant, deps.pod, heads)
  const outcomes = await latestOutcomes(db, tenant, deps.pod, heads)
  const messages = await newestMessages(db, tenant, deps.memory ? heads : [], 3)
  const blinded = await blindedOpinions(
    db,
    tenant,
    deps.pod,
    heads.map(head => head.caseId),
  )
  return heads.map(head => {
    const opening = openings.get(head.caseId)
    const item = leadItem({
      tenant,
      head: blinded.has(head.caseId) ? { ...head, probability: null } : head,
      opening,
      contact: maskContact(contactOf(deps, tenant, head.caseId, opening)),
      outcome: outcomes.get(head.caseId) ?? null,
      messages: messages.get(head.caseId) ?? [],
    })
    return deps.memory ? item : { ...item, last_messages: [] }
  })
}

/** One that cannot be opened keeps nobody from the others: it is shown as if there were none, counted and logged. */
function contactOf(
  deps: Pick<CasesNeeds, 'dataKeys' | 'unreadable'>,
  tenant: string,
  caseId: string,
  opening: Opening | undefined,
): Contact {
  try {
    return openedContact(deps, tenant, caseId, opening)
  } catch (error) {
    deps.unreadable(error)
    return {}
  }
}

/** @throws Error as `openContact` */
export function openedContact(
  { dataKeys }: Pick<CasesNeeds, 'dataKeys'>,
  tenant: string,
  caseId: string,
  opening: Opening | undefined,
): Contact {
  if (opening === undefined || opening.sealed === null) return {}
  return openContact(dataKeys, tenant, caseId, opening.sealed)
}
