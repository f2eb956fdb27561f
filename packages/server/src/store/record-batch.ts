import { actCounts, givenPlaces } from './act-counts.ts'
import { decidedActs, decidedOnFenced } from './acts.ts'
import type { Batch, EpochRow } from './batch-rows.ts'
import { hexArray } from './binary-array.ts'
import { type CaseRow, cases, changedCase } from './cases.ts'
import { decisionsToWrite } from './decisions.ts'
import { type EvaluationRow, evaluations } from './evaluations.ts'
import { eventKeys, type KeyRow } from './event-keys.ts'
import { eventsToWrite } from './events.ts'
import { fences, settleFences, settles, touchAgain } from './fences.ts'
import { type FindingGroupRow, findingGroups } from './finding-groups.ts'
import { type GroupRow, groups } from './groups.ts'
import { askedTogether, type InboxRow, placesToWrite, waitsToo } from './inbox.ts'
import { messages } from './messages.ts'
import { type OnceActRow, onceActs } from './once-acts.ts'
import { outcomesToWrite, ruleColumns, senderColumns } from './outcomes.ts'
import { predictions } from './predictions.ts'
import { linksRevived, reactivationParts, reactivations } from './reactivations.ts'
import { linkParts } from './receipt-chain.ts'
import { recordDigests } from './receipt-record.ts'
import { type Keys, keysOf, keysSettling, keysThere } from './record-keys.ts'
import { type StateRow, stateRows } from './state-rows.ts'
import {
  type Columns,
  excluded,
  type LineColumns,
  lineArrays,
  lineColumns,
  names,
  selected,
  type Table,
  table,
  unnested,
} from './table.ts'
import { type TickFoldRow, tickFolds } from './tick-folds.ts'

/** One more table that the statement writes; its parameters begin with `from`. */
interface Part {
  readonly name: string
  /** `ofFresh`: what keeps its rows to events whose key is new; empty where all are. */
  readonly sql: (from: number, ofFresh: string) => string
  readonly values: readonly unknown[]
}

const given = (of: Table<Columns>, from: number): string => `${unnested(of, from)} as given(${names(of)})`

function insertPart<Row>(of: Table<LineColumns<Row>>, rows: readonly Row[]): Part {
  return {
    name: `${of.name}${countOf(of)}`,
    sql: (from, ofFresh) => `in_${of.name} as (insert into ${of.name} (${names(of)}) select ${selected(of, 'given')}
      from ${given(of, from)} ${ofFresh})`,
    values: lineArrays(of, rows),
  }
}

/**
 * Outcomes that keys told. Whether a label counts as given in bulk is settled here: who opened the case is known for certain,
 * and the row of a key, held until the commit, counts its minute over all processes. A minute begins with the first outcome;
 * one of a clock that is more than a minute away begins another. The quality stays as it was told: receipts hold it.
 */
function outcomesPart(rows: Batch['outcomes']): Part {
  const stored = outcomesToWrite(rows)
  if (rows.every(({ by }) => by === undefined)) return insertPart(stored, rows)
  const written = table('outcomes', { ...stored.of, ...senderColumns })
  if (rows.every(({ by }) => by === undefined || by.perMinute === null)) {
    const part = insertPart(written, rows)
    return { ...part, name: `${part.name}_sent` }
  }
  const of = table('outcomes', { ...written.of, ...ruleColumns })
  const stands = `excluded.since between m.since - interval '1 minute' and m.since + interval '1 minute'`
  return {
    name: `${of.name}${countOf(of)}_by_rules`,
    sql: (from, ofFresh) => `told as materialized (
    select given.*, sum(given.counts) over (partition by given.tenant_id, given.sender order by given.seq) as nth,
      sum(given.counts) over (partition by given.tenant_id, given.sender) as together
    from ${given(of, from)} ${ofFresh}
  ), minutes as (insert into sender_minutes as m (tenant_id, sender, since, outcomes)
    select tenant_id, sender, max(recorded_at), sum(counts)::integer from told where per_minute is not null
    group by tenant_id, sender order by tenant_id, sender
    on conflict (tenant_id, sender) do update set
      since = case when ${stands} then m.since else excluded.since end,
      outcomes = case when ${stands} then least(m.outcomes, 1000000000) + excluded.outcomes else excluded.outcomes end
    returning m.tenant_id, m.sender, m.outcomes
  ), in_outcomes as (insert into outcomes (${names(written)})
    select ${selected(stored, 'told')}, told.sender, case
      when told.per_minute is null then null
      when told.sender = case when opening.there then opening.sender else told.opened_here end then 'own_case'
      when told.bulk is not null then told.bulk
      when minutes.outcomes - told.together + told.nth > told.per_minute then 'one_minute' end
    from told
    left join minutes on minutes.tenant_id = told.tenant_id and minutes.sender = told.sender
    left join lateral (select true as there, e.sender from event_keys e
      where e.tenant_id = told.tenant_id and e.case_id between told.case_id and told.case_id
        and e.decision_id is not null order by e.case_id limit 1
    ) opening on told.per_minute is not null)`,
    values: lineArrays(of, rows),
  }
}

const ofEvent = { eventId: lineColumns<{ readonly eventId: string }>().text('event_id', row => row.eventId) }
const actsOfEvents = table('acts', { ...decidedActs.of, ...ofEvent })
const actsOnFenced = table('acts', { ...decidedOnFenced.of, ...ofEvent })

/** Tables without a column for the event: it is handed in beside them, so that only what was fresh is written. */
function actsPart(rows: Batch['acts']): Part {
  if (rows.some(({ token }) => token > 0))
    return {
      name: 'acts_on_fenced',
      sql: (from, ofFresh) => `in_acts as (insert into acts (${names(decidedOnFenced)}, automatic, state)
    select ${selected(decidedOnFenced, 'given')}, true, 'pending'
    from ${given(actsOnFenced, from)} ${ofFresh})`,
      values: lineArrays(actsOnFenced, rows),
    }
  return {
    name: 'acts',
    // A new case has no fence yet, so its token is 0; every touch counts it up.
    sql: (from, ofFresh) => `in_acts as (insert into acts (${names(decidedActs)}, token, automatic, state)
    select ${selected(decidedActs, 'given')}, 0, true, 'pending'
    from ${given(actsOfEvents, from)} ${ofFresh})`,
    values: lineArrays(actsOfEvents, rows),
  }
}

function inboxPart(rows: Batch['inbox']): Part {
  const asked = placesToWrite(rows)
  const ofEvents = table('inbox', { ...asked.of, ...ofEvent })
  return {
    name: `inbox${countOf(asked)}`,
    sql: (from, ofFresh) => `in_inbox as (insert into inbox (${names(asked)}) select ${selected(asked, 'given')}
      from ${given(ofEvents, from)} ${ofFresh})`,
    values: lineArrays(ofEvents, rows),
  }
}

const touchesPart = (rows: Batch['touches']): Part => ({
  name: 'touches',
  sql: from => `touched as (insert into fences (${names(fences)}) select ${selected(fences, 'given')}
    from ${given(fences, from)}
    where exists (select from fresh where fresh.tenant_id = given.tenant_id and fresh.case_id = given.case_id)
    order by given.tenant_id collate "C", given.case_id collate "C" ${touchAgain}
    returning tenant_id, case_id, token, silence_token)`,
  values: lineArrays(fences, rows),
})

const reactivationsPart = (rows: Batch['reactivations']): Part => ({
  name: 'reactivations',
  sql: from => reactivationParts(from),
  values: lineArrays(reactivations, rows),
})

/** A count that would pass its cap is null, which its column refuses, and with it the whole statement. */
const countsPart = (rows: Batch['places']): Part => ({
  name: 'counts',
  sql: (from, ofFresh) => `places as materialized (
    select given.tenant_id, given.pod, given.question, given.action, given.hour, count(*)::integer as acts, min(given.cap) as cap
    from ${given(givenPlaces, from)} ${ofFresh} group by 1, 2, 3, 4, 5
  ), in_act_counts as (insert into act_counts (${names(actCounts)})
    select tenant_id, pod, question, action, hour, case when acts <= cap then acts end from places order by 1, 2, 3, 4, 5
    on conflict (tenant_id, pod, question, action, hour) do update set acts = case
      when act_counts.acts + excluded.acts <= (select cap from places
        where (places.tenant_id, places.pod, places.question, places.action, places.hour)
          = (excluded.tenant_id, excluded.pod, excluded.question, excluded.action, excluded.hour))
      then act_counts.acts + excluded.acts end)`,
  values: lineArrays(givenPlaces, rows),
})

/** What a batch that holds groups leaves of their state. Their rows are there, and locked. */
export interface LeftState {
  readonly groups: readonly GroupRow[]
  readonly rows: readonly StateRow[]
  readonly evaluations: readonly EvaluationRow[]
  /** Those of them that fired, under the groups of their events; left out: none did. */
  readonly findingGroups?: readonly FindingGroupRow[]
  /** Versions that ticks made which leave no event; left out: none did. */
  readonly tickFolds?: readonly TickFoldRow[]
  /** Cases with a life of their own that were opened or changed. */
  readonly cases: readonly CaseRow[]
  /** By each that was opened it is found, for ever: its own id in place of an event's. */
  readonly caseKeys: readonly KeyRow[]
  /** What was done that is done once only; left out: nothing. */
  readonly onceActs?: readonly OnceActRow[]
  /** Their places in the inbox: each case once. */
  readonly waiting: readonly InboxRow[]
}

const casesPart = (rows: LeftState['cases']): Part => ({
  name: 'cases',
  sql: from => `in_cases as (insert into cases (${names(cases)}) select ${selected(cases, 'given')}
    from ${given(cases, from)} on conflict (tenant_id, pod, case_id) do update set ${changedCase})`,
  values: lineArrays(cases, rows),
})

const caseKeysPart = (rows: LeftState['caseKeys']): Part => ({
  name: 'case_keys',
  sql: from => `in_case_keys as (insert into event_keys (${names(eventKeys)}) select ${selected(eventKeys, 'given')}
    from ${given(eventKeys, from)})`,
  values: lineArrays(eventKeys, rows),
})

const waitingPart = (rows: LeftState['waiting']): Part => ({
  name: 'waiting',
  sql: from => `in_waiting as (insert into inbox (${names(askedTogether)}) select ${selected(askedTogether, 'given')}
    from ${given(askedTogether, from)} ${waitsToo})`,
  values: lineArrays(askedTogether, rows),
})

const groupsPart = (rows: LeftState['groups']): Part => ({
  name: 'groups',
  sql: from => `in_groups as (insert into groups (${names(groups)}) select ${selected(groups, 'given')}
    from ${given(groups, from)}
    on conflict (tenant_id, pod, group_key) do update set ${excluded(groups.pick('version', 'links'))})`,
  values: lineArrays(groups, rows),
})

const tickFoldsPart = (rows: readonly TickFoldRow[]): Part => ({
  name: 'tick_folds',
  sql: from => `in_tick_folds as (insert into tick_folds (${names(tickFolds)}) select ${selected(tickFolds, 'given')}
    from ${given(tickFolds, from)})`,
  values: lineArrays(tickFolds, rows),
})

const stateRowsPart = (rows: LeftState['rows']): Part => ({
  name: 'state_rows',
  sql: from => `in_state_rows as (insert into state_rows (${names(stateRows)}) select ${selected(stateRows, 'given')}
    from ${given(stateRows, from)}
    on conflict (tenant_id, pod, group_key, kind, bucket) do update
      set ${excluded(stateRows.pick('value', 'updatedAt'))})`,
  values: lineArrays(stateRows, rows),
})

const epoch = lineColumns<EpochRow>()
const givenEpochs = table('given', {
  tenant: epoch.text('tenant_id', row => row.tenant),
  pod: epoch.text('pod', row => row.pod),
  epoch: epoch.int8('epoch', row => row.epoch),
})
const countOf = (of: Table<Columns>): number => Object.keys(of.of).length

/**
 * One variant of the statement, by which tables it writes: prepared once per connection, under a short name because
 * PostgreSQL tells only the first 63 characters of it apart.
 */
const variants = new Map<string, { readonly name: string; readonly text: string }>()

/**
 * The whole batch as one statement, which is one transaction: keys first, then each table only for the events whose
 * key is new. It returns the events that were *not* written: their id was there before (`known`), or their case does
 * not exist.
 * @param chain id of the chain of receipts of this connection; left out: no link is made
 * @param left what it leaves of the groups that it holds: then its keys were written before, by `keysStatement`, and all are new
 */
export function recordStatement(batch: Batch, chain?: string, left?: LeftState): Statement {
  const parts: Part[] = []
  // PostgreSQL runs the parts from the last to the first. These rows are shared by all processes: taken at the end, they are
  // held for the commit alone.
  if (batch.places.length > 0) parts.push(countsPart(batch.places))
  if (batch.events.length > 0) parts.push(insertPart(eventsToWrite(batch.events), batch.events))
  if (batch.decisions.length > 0) parts.push(insertPart(decisionsToWrite(batch.decisions), batch.decisions))
  if (batch.predictions.length > 0) parts.push(insertPart(predictions, batch.predictions))
  if (batch.outcomes.length > 0) parts.push(outcomesPart(batch.outcomes))
  if (batch.messages.length > 0) parts.push(insertPart(messages, batch.messages))
  if (batch.acts.length > 0) parts.push(actsPart(batch.acts))
  if (batch.inbox.length > 0) parts.push(inboxPart(batch.inbox))
  if (batch.touches.length > 0) parts.push(touchesPart(batch.touches))
  const revives = batch.reactivations.length > 0
  if (revives) parts.push(reactivationsPart(batch.reactivations))
  if (left !== undefined && left.evaluations.length > 0) parts.push(insertPart(evaluations, left.evaluations))
  if (left?.findingGroups !== undefined && left.findingGroups.length > 0)
    parts.push(insertPart(findingGroups, left.findingGroups))
  if (left?.tickFolds !== undefined && left.tickFolds.length > 0) parts.push(tickFoldsPart(left.tickFolds))
  if (left?.onceActs !== undefined && left.onceActs.length > 0) parts.push(insertPart(onceActs, left.onceActs))
  if (left !== undefined) parts.push(...caseParts(left))
  if (left !== undefined && left.groups.length > 0) parts.push(groupsPart(left.groups))
  if (left !== undefined && left.rows.length > 0) parts.push(stateRowsPart(left.rows))
  const chained = chain !== undefined && batch.decisions.length + batch.outcomes.length + batch.reactivations.length > 0
  if (chained)
    parts.push({ name: 'linked', sql: from => linkParts(`$${from}`, revives ? linksRevived : 'true'), values: [chain] })
  const fenced = batch.epochs.length > 0
  const settling = batch.settles.length > 0
  const keys = left !== undefined ? keysThere : settling ? keysSettling : keysOf(batch.keys)
  let name = `record${keys.name}`
  for (const part of parts) name += `_${part.name}`
  if (fenced) name += '_fenced'
  const values: unknown[] = lineArrays(keys.of, batch.keys)
  if (chained) values.push(hexArray(recordDigests(batch)))
  if (fenced) values.push(...lineArrays(givenEpochs, batch.epochs))
  if (settling) values.push(...lineArrays(settles, batch.settles))
  let variant = variants.get(name)
  if (variant === undefined) {
    variant = {
      name: `record_${variants.size}`,
      text: statementText(parts, { keys, fenced, chained, settling }),
    }
    variants.set(name, variant)
  }
  for (const part of parts) values.push(...part.values)
  return { ...variant, values }
}

const caseParts = ({ cases, caseKeys, waiting }: LeftState): readonly Part[] => [
  ...(cases.length === 0 ? [] : [casesPart(cases)]),
  ...(caseKeys.length === 0 ? [] : [caseKeysPart(caseKeys)]),
  ...(waiting.length === 0 ? [] : [waitingPart(waiting)]),
]

interface Statement {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

/** Writes the keys alone, in their order, and returns those that are new. */
export function keysStatement(keys: readonly KeyRow[]): Statement {
  const { name, of, sql } = keysOf(keys)
  return {
    name: `keys${name}`,
    text: `with given_keys as materialized (select * from ${given(of, 1)}),
${sql} select tenant_id, event_id from fresh`,
    values: lineArrays(of, keys),
  }
}

interface Variant {
  readonly keys: Keys
  readonly fenced: boolean
  readonly chained: boolean
  readonly settling: boolean
}

function statementText(parts: readonly Part[], { keys, fenced, chained, settling }: Variant): string {
  const keyValues = countOf(keys.of) + (chained ? 1 : 0)
  const settleFrom = 1 + keyValues + (fenced ? countOf(givenEpochs) : 0)
  let from = settleFrom + (settling ? countOf(settles) : 0)
  const inserts = parts.map(part => {
    const sql = part.sql(from, keys.ofFresh)
    from += part.values.length
    return sql
  })
  const rows = chained ? chainedKeys(keys.of) : given(keys.of, 1)
  const admitted = fenced ? `${rows} where not exists (select from moved_on)` : rows
  const settled = settling ? `settled as (${settleFences(given(settles, settleFrom))}), ` : ''
  return `with ${fenced ? movedOn(1 + keyValues) : ''}${settled}given_keys as materialized (select * from ${admitted}),
${keys.sql}${inserts.map(sql => `,\n${sql}`).join('')}
select k.tenant_id, k.event_id from given_keys k left join fresh f using (tenant_id, event_id) where f.event_id is null${
    fenced ? `\nunion all select null, null from moved_on limit ${maxRefused}` : ''
  }`
}

/** The keys with their place in the batch and the digests of what is recorded of them, 32 bytes each. */
const chainedKeys = (of: Table<Columns>): string => {
  const arrays = unnested(of, 1).replace(/\)$/, `, $${1 + countOf(of)}::bytea[])`)
  return `${arrays} with ordinality as given(${names(of)}, digests, place)`
}

/** More rows than any batch has: `limit` only keeps the union from being planned as a join. */
const maxRefused = 1_000_000

/**
 * Held against change until the commit, so that whoever stops an action knows that nothing older comes after; in one order,
 * because two changes may be waiting.
 */
const movedOn = (from: number): string => `moved_on as materialized (
  select given.tenant_id from (select * from ${given(givenEpochs, from)}
    order by tenant_id, pod offset 0) given
  where held_epoch(given.tenant_id, given.pod) <> given.epoch
), `
