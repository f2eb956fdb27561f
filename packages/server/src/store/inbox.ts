import { clockSlack, type Reader, type Tx } from './db.ts'
import type { HeldCase } from './fences.ts'
import {
  insertText,
  int4,
  type LineColumns,
  lineArrays,
  lineColumns,
  orNull,
  type RowOf,
  type Table,
  table,
  text,
  time,
} from './table.ts'

const dayMs = 86_400_000

/** A question as the line asks it, with the decision that it is about. */
export interface InboxRow {
  readonly tenant: string
  /** Of the event that was decided: no column of the table. */
  readonly eventId: string
  readonly decisionId: string
  readonly pod: string
  readonly caseId: string
  readonly recordedAt: Date
  readonly action: string
  /** 0 high, 1 medium, 2 low. */
  readonly urgency: number
  readonly dueAt: Date
  readonly expiresAt: Date
  readonly unlocks: boolean
  readonly probability: number | null
  readonly reason: string
  readonly audit: boolean
  readonly blinded: boolean
  /** Its place in the order `unlock`, ascending in [0, 1]; 1: after all that is drawn. */
  readonly draw: number
  /** What waits beside that decision; null: nothing. */
  readonly others: readonly WaitingDecision[] | null
}

/** A decision that waits under the same place, as it is kept. */
export interface WaitingDecision {
  readonly decisionId: string
  /** ISO 8601. */
  readonly recordedAt: string
  readonly action: string
  readonly probability: number | null
  readonly reason: string
}

const column = lineColumns<Omit<InboxRow, 'eventId'>>()

const asked = {
  decisionId: column.uuid('decision_id', row => row.decisionId),
  pod: column.text('pod', row => row.pod),
  caseId: column.text('case_id', row => row.caseId),
  recordedAt: column.time('recorded_at', row => row.recordedAt),
  action: column.text('action', row => row.action),
  urgency: column.int2('urgency', row => row.urgency),
  dueAt: column.time('due_at', row => row.dueAt),
  expiresAt: column.time('expires_at', row => row.expiresAt),
  unlocks: column.bool('unlocks', row => row.unlocks),
  probability: column.float8('probability', row => row.probability),
  reason: column.text('reason', row => row.reason),
  audit: column.bool('audit', row => row.audit),
  blinded: column.bool('blinded', row => row.blinded),
  draw: column.float8('draw', row => row.draw),
}
const others = column.json<readonly WaitingDecision[] | null>('others', row =>
  row.others === null ? null : JSON.stringify(row.others),
)

/** What is known of a question as it is asked; who has it in hand and what was answered is not the line's to write. */
export const askedColumns = table('inbox', { tenant: column.text('tenant_id', row => row.tenant), ...asked })
export const askedTogether = table('inbox', { ...askedColumns.of, others })

/** What is to be written of these places: a column of nothing costs every batch. */
export const placesToWrite = (rows: readonly InboxRow[]): Table<LineColumns<Omit<InboxRow, 'eventId'>>> =>
  rows.every(row => row.others === null) ? askedColumns : askedTogether

/** A place whose opinion is withheld is drawn as such alone: what it was drawn by before may follow from its score. */
const drawnFirst = `case when inbox.state <> 'open' or excluded.blinded and not inbox.blinded then excluded.draw
      when inbox.blinded and not excluded.blinded then inbox.draw else least(inbox.draw, excluded.draw) end`

const kept = (name: string, otherwise: string): string =>
  `${name} = case when inbox.state = 'open' then inbox.${name} else ${otherwise} end`
/** The leading decision of a place that is to wait beside others, as `WaitingDecision`. */
const given = `jsonb_build_array(jsonb_build_object('decisionId', excluded.decision_id, 'recordedAt',
    to_char(excluded.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'action', excluded.action,
    'probability', excluded.probability, 'reason', excluded.reason))`

/**
 * What an insert of places ends with where their cases may have one: what waits there already leads on and its lease runs on, and
 * one that was closed is opened again.
 */
export const waitsToo = `on conflict (tenant_id, pod, case_id) do update set
    ${['decision_id', 'recorded_at', 'action', 'probability', 'reason'].map(name => kept(name, `excluded.${name}`)).join(', ')},
    ${['lease_holder', 'lease_token', 'lease_until', 'leased_at', 'answer', 'outcome', 'quality', 'answered_by', 'answered_at', 'notes'].map(name => kept(name, 'null')).join(', ')},
    others = case when inbox.state = 'open'
      then (coalesce(inbox.others::jsonb, '[]') || ${given} || coalesce(excluded.others::jsonb, '[]'))::json else excluded.others end,
    due_at = case when inbox.state = 'open' and excluded.urgency >= inbox.urgency then least(inbox.due_at, excluded.due_at)
      else excluded.due_at end,
    urgency = case when inbox.state = 'open' then least(inbox.urgency, excluded.urgency) else excluded.urgency end,
    expires_at = case when inbox.state = 'open' then greatest(inbox.expires_at, excluded.expires_at) else excluded.expires_at end,
    draw = ${drawnFirst},
    ${['unlocks', 'audit', 'blinded'].map(name => `${name} = excluded.${name} or (inbox.state = 'open' and inbox.${name})`).join(', ')},
    state = 'open', version = inbox.version + 1`

/** A case that waits, or has waited, for a person. How an answer was worded is kept and not read again. */
export const inbox = table('inbox', {
  ...asked,
  others,
  state: text<'open' | 'answered' | 'expired' | 'withdrawn'>('state'),
  leaseHolder: orNull(text('lease_holder')),
  leaseToken: orNull(text('lease_token')),
  leaseUntil: orNull(time('lease_until')),
  leasedAt: orNull(time('leased_at')),
  answer: orNull(text('answer')),
  outcome: orNull(text('outcome')),
  answeredBy: orNull(text('answered_by')),
  answeredAt: orNull(time('answered_at')),
  version: int4('version'),
})
export type InboxCase = RowOf<typeof inbox>

/** The place once for each decision that waits under it, the leading one first. */
export const eachDecision = <Row extends InboxCase>(row: Row): readonly Row[] =>
  row.others === null
    ? [row]
    : [row, ...row.others.map(other => ({ ...row, ...other, recordedAt: new Date(other.recordedAt) }))]

/**
 * Somebody has the row in hand at `$now`. A lease runs for minutes: one that ends days from now was given under a wrong clock and is
 * none, or its case would be nobody's until then.
 */
export const leasedAt = (now: string, row = ''): string =>
  `coalesce(${row}lease_until > ${now} and ${row}lease_until <= ${now}::timestamptz + ${clockSlack}, false)`

/** The same of a row that was read. */
export const isLeasedAt = (until: Date | null, at: Date): boolean =>
  until !== null && until > at && until.getTime() <= at.getTime() + dayMs

/** Names one case of an inbox. */
export type InboxKey = Pick<InboxCase, 'pod' | 'caseId'>

/** A case that nobody else moves meanwhile. */
export interface HeldInboxCase extends InboxCase {
  readonly held: HeldCase
}

/**
 * Which rows a change is of. One alone is named by its key, several by their lists as well as pair by pair: joined to a list
 * alone, a planner without statistics reads every row of the tenant for each.
 */
export function ofRows(rows: readonly InboxKey[], from: number) {
  const [pod, caseId] = [`$${from}`, `$${from + 1}`]
  const [only] = rows
  if (rows.length === 1 && only !== undefined)
    return { suffix: '_one', where: `where pod = ${pod} and case_id = ${caseId}`, values: [only.pod, only.caseId] }
  return {
    suffix: '',
    where: `from unnest(${pod}::text[], ${caseId}::text[]) as given(of_pod, of_case) where pod = of_pod and case_id = of_case
      and pod = any(${pod}) and case_id = any(${caseId})`,
    values: [rows.map(row => row.pod), rows.map(row => row.caseId)],
  }
}

/** Several cases, in the order of their ids. */
export async function readInboxCases(
  db: Reader,
  tenant: string,
  cases: readonly InboxKey[],
): Promise<readonly InboxCase[]> {
  const { rows } = await db.query<InboxCase>({
    name: 'inbox_read_many',
    text: `select ${inbox.columns()} from unnest($2::text[], $3::text[]) as given(of_pod, of_case) cross join lateral (
        select * from inbox where tenant_id = $1 and pod = of_pod and case_id = of_case limit 1
      ) found order by case_id`,
    values: [tenant, cases.map(one => one.pod), cases.map(one => one.caseId)],
  })
  return rows
}

/** A case that the machine hands to a person after all. */
export interface Asked {
  readonly held: HeldCase
  readonly pod: string
  readonly decisionId: string
  readonly decidedAt: Date
  readonly action: string
  /** 0 high, 1 medium, 2 low. */
  readonly urgency: number
  readonly dueAt: Date
  readonly expiresAt: Date
  readonly probability: number | null
  readonly reason: string
}

/**
 * Places in the inbox; one that is open already stays as it is and lists this decision too, one that was closed is opened
 * again.
 */
export async function askPerson(db: Tx, tenant: string, asked: readonly Asked[]): Promise<void> {
  if (asked.length === 0) return
  // A case has one place: of several decisions on it the first takes the place, and the next finds it open.
  const firsts = new Map(asked.toReversed().map(one => [`${one.pod}\n${one.held.caseId}`, one]))
  await askEach(db, tenant, [...firsts.values()].reverse())
  const taken = new Set(firsts.values())
  await askPerson(
    db,
    tenant,
    asked.filter(one => !taken.has(one)),
  )
}

/** @param asked of each case one decision at most */
async function askEach(db: Tx, tenant: string, asked: readonly Asked[]): Promise<void> {
  const plain = { unlocks: false, audit: false, blinded: false, draw: 1, others: null }
  const rows = asked.map(({ held, decidedAt, ...one }) => {
    return { ...one, ...plain, tenant, caseId: held.caseId, recordedAt: decidedAt }
  })
  await db.query({
    name: 'ask_person',
    text: `${insertText(askedColumns)}
      on conflict (tenant_id, pod, case_id) do update set state = 'open', reason = excluded.reason,
        urgency = excluded.urgency, due_at = excluded.due_at, expires_at = excluded.expires_at, lease_holder = null,
        lease_token = null, lease_until = null, leased_at = null, answer = null, outcome = null, quality = null,
        answered_by = null, answered_at = null, notes = null, blinded = false, draw = excluded.draw, version = inbox.version + 1,
        decision_id = excluded.decision_id, recorded_at = excluded.recorded_at, action = excluded.action,
        probability = excluded.probability, others = null
      where inbox.state <> 'open'`,
    values: lineArrays(askedColumns, rows),
  })
  await askBeside(db, tenant, rows)
}

/** A place that is open for other decisions of the case lists this one too. */
async function askBeside(db: Tx, tenant: string, rows: readonly Omit<InboxRow, 'eventId'>[]): Promise<void> {
  const beside = rows.map(({ pod, caseId, decisionId, recordedAt, action, probability, reason }) => {
    return { pod, caseId, decisionId, recordedAt: recordedAt.toISOString(), action, probability, reason }
  })
  await db.query({
    name: 'ask_beside',
    text: `update inbox i set others = (coalesce(i.others::jsonb, '[]') || (given.one - 'pod' - 'caseId'))::json, version = i.version + 1
      from (select one.value as one, one.value ->> 'pod' as of_pod, one.value ->> 'caseId' as of_case,
          (one.value ->> 'decisionId')::uuid as decision_id
        from jsonb_array_elements($2::jsonb) one) given
      where i.tenant_id = $1 and i.pod = given.of_pod and i.case_id = given.of_case and i.state = 'open'
        and i.decision_id <> given.decision_id
        and not coalesce(i.others::jsonb, '[]') @> jsonb_build_array(jsonb_build_object('decisionId', given.decision_id))`,
    values: [tenant, JSON.stringify(beside)],
  })
}
