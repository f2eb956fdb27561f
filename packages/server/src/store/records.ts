import type { Action } from '@surety/contract'
import type { ChainStart, RecordCounts } from '@surety/stats'
import type { ActionPlace } from './action-states.ts'
import type { Reader, Tx } from './db.ts'
import type { ModelPlace } from './model-scope.ts'
import { type HeldSetting, heldSetting, heldSince } from './settings.ts'
import { float8, fromJson, insertRow, int4, json, orNull, type RowOf, table, text, time, uuid } from './table.ts'

/** What an action may get wrong, and the smallest audit rate that was in force since the record began. */
export interface RecordBudget {
  readonly alpha: number
  readonly delta: number
  readonly missBudget: number | null
  readonly smallestRate: number
}

/** The counts of those rows alone whose audit coin lies below `rate`: what counts where labels are incomplete. */
export interface DrawnCounts {
  readonly rate: number
  readonly counts: RecordCounts
}

/** Evidence on one action over all versions of the model: what it counted, and where its walk begins. */
const records = table('records', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  side: text<Action['side']>('side'),
  id: uuid('record_id'),
  begunAt: time('begun_at'),
  /** Rows decided since then are counted. */
  rowsFrom: time('rows_from'),
  why: text<'first' | 'quarter' | 'suspension' | 'upgrade' | 'history'>('why'),
  /** Share that the starts were made of; null: a certificate in force gave them. */
  plan: orNull(float8('plan')),
  starts: json<readonly ChainStart[]>('starts'),
  /** How often delta was halved: by suspensions before it began, and by changes of the budget since. */
  suspensions: int4('suspensions'),
  budgetChanges: int4('budget_changes'),
  budget: json<RecordBudget>('budget'),
  counts: json<RecordCounts>('counts'),
  drawn: json<DrawnCounts>('drawn'),
  /** Latest decision among the rows that were counted since it began; null: none was. */
  countedTo: orNull(time('counted_to')),
  endedAt: orNull(time('ended_at')),
})
export type KeptRecord = RowOf<typeof records>
/** As it begins: nothing counted yet, and going on. */
export type NewRecord = Omit<KeptRecord, 'counts' | 'drawn' | 'countedTo' | 'endedAt'>

export type RecordsPlace = Omit<ModelPlace, 'digest'>

/** Those of both actions that go on, the oldest first. */
export async function readRecords(db: Reader, { tenant, pod, question }: RecordsPlace): Promise<readonly KeptRecord[]> {
  const { rows } = await db.query<KeptRecord>({
    name: 'records_living',
    text: `select ${records.columns()} from records
      where tenant_id = $1 and pod = $2 and question = $3 and ended_at is null order by begun_at, action, record_id`,
    values: [tenant, pod, question],
  })
  return rows
}

interface RecordRate extends Pick<KeptRecord, 'action' | 'rowsFrom'> {
  readonly smallestRate: number
}

/** Of those that go on the smallest audit rate that is known of each, and every value of the setting that held since the oldest of them. */
export async function recordRates(
  db: Reader,
  { tenant, pod, question }: RecordsPlace,
): Promise<{ readonly records: readonly RecordRate[]; readonly settings: readonly HeldSetting[] }> {
  const { rows } = await db.query<RecordRate & { readonly settings: readonly object[] | null }>({
    name: 'record_rates',
    text: `with living as materialized (
        select action, rows_from, (budget->>'smallestRate')::float8 as smallest from records
        where tenant_id = $1 and pod = $2 and question = $3 and ended_at is null),
      held as materialized (
        select json_agg(s order by version) as found from (select version, ${heldSetting.columns()} from settings
          where ${heldSince("'autonomy'", '(select min(rows_from) from living)')}) s)
      select action, rows_from as "rowsFrom", smallest as "smallestRate", (select found from held) as settings from living`,
    values: [tenant, pod, question],
  })
  return { records: rows, settings: fromJson(heldSetting, rows[0]?.settings ?? null) }
}

const young = records.pick('action', 'begunAt', 'suspensions')
export type YoungestRecord = RowOf<typeof young>

/** By action the record that began last, ended or not; none: there never was one. */
export async function youngestRecords(
  db: Reader,
  { tenant, pod, question }: RecordsPlace,
): Promise<ReadonlyMap<string, YoungestRecord>> {
  const { rows } = await db.query<YoungestRecord>({
    name: 'records_youngest',
    text: `select distinct on (action) ${young.columns()} from records
      where tenant_id = $1 and pod = $2 and question = $3 order by action, begun_at desc, record_id`,
    values: [tenant, pod, question],
  })
  return new Map(rows.map(row => [row.action, row]))
}

/** @returns false: it was there before, and nothing was written */
export async function insertRecord(
  db: Tx,
  record: NewRecord,
  { counts, drawn }: Pick<KeptRecord, 'counts' | 'drawn'>,
): Promise<boolean> {
  const inserted = await insertRow(
    db,
    records,
    { ...record, counts, drawn, countedTo: null, endedAt: null },
    'on conflict (tenant_id, pod, question, action, record_id) do nothing',
  )
  return inserted === 1
}

/** What records of one question have counted by now. */
export type RecordCounted = Pick<KeptRecord, 'id' | 'counts' | 'drawn'>

/**
 * Whoever calls it holds the autonomy of the pod (`lockAutonomy`).
 * @param countedTo latest decision among the rows that were counted; null: none were
 */
export async function saveCounts(
  db: Tx,
  { tenant, pod, question }: RecordsPlace,
  now: readonly RecordCounted[],
  countedTo: Date | null = null,
): Promise<void> {
  if (now.length === 0) return
  await db.query({
    name: 'record_counts',
    text: `update records r set counts = given.counts::json, drawn = given.drawn::json, counted_to = greatest(r.counted_to, $7::timestamptz)
      from unnest($4::uuid[], $5::text[], $6::text[]) as given(id, counts, drawn)
      where r.tenant_id = $1 and r.pod = $2 and r.question = $3 and r.record_id = given.id`,
    values: [
      tenant,
      pod,
      question,
      now.map(({ id }) => id),
      now.map(({ counts }) => JSON.stringify(counts)),
      now.map(({ drawn }) => JSON.stringify(drawn)),
      countedTo,
    ],
  })
}

/** Another budget for what was counted already: each change after its beginning halves its delta. */
export async function saveRecordBudget(
  db: Tx,
  record: KeptRecord,
  now: Pick<KeptRecord, 'budget' | 'budgetChanges'>,
): Promise<void> {
  await db.query({
    name: 'record_budget',
    text: `update records set budget = $6, budget_changes = $7
      where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and record_id = $5`,
    values: [...keyOf(record), JSON.stringify(now.budget), now.budgetChanges],
  })
}

const keyOf = ({ tenant, pod, question, action, id }: KeptRecord): unknown[] => [tenant, pod, question, action, id]

/** All of an action that go on, as a suspension ends them; @param ids these alone */
export async function endRecords(
  db: Tx,
  { tenant, pod, question, action }: ActionPlace,
  at: Date,
  ids: readonly string[] | null = null,
): Promise<void> {
  await db.query({
    name: 'records_end',
    text: `update records set ended_at = $5 where tenant_id = $1 and pod = $2 and question = $3 and action = $4
      and ended_at is null and ($6::uuid[] is null or record_id = any ($6))`,
    values: [tenant, pod, question, action, at, ids],
  })
}

/** By action the loosest cut of the certificate of a record that is in force. */
export async function loosestInForce(
  db: Reader,
  { tenant, pod, question }: RecordsPlace,
  at: Date,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ action: string; loosest: number }>({
    name: 'records_certified',
    text: `select distinct on (action) action, (cuts->>0)::int as loosest from certificates c
      where tenant_id = $1 and pod = $2 and question = $3 and record_id is not null and certificate_in_force(c, $4)
      order by action, issued_at desc, certificate_id desc`,
    values: [tenant, pod, question, at],
  })
  return new Map(rows.map(({ action, loosest }) => [action, loosest]))
}
