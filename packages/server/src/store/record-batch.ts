import {
  actColumns,
  type Column,
  caseKinds,
  countColumns,
  decisionColumns,
  epochColumns,
  eventColumns,
  inboxColumns,
  keyColumns,
  messageColumns,
  outcomeColumns,
} from './batch-columns.ts'
import type { ActCountRow, ActRow, Batch, InboxRow, KeyRow } from './batch-rows.ts'
import { hexArray, textArray, timeArray } from './binary-array.ts'
import { linkParts } from './receipt-chain.ts'
import { recordDigests } from './receipt-record.ts'

interface Part {
  readonly sql: (from: number) => string
  readonly values: readonly unknown[]
}

const unnest = (columns: readonly Column<never>[], from: number): string =>
  `unnest(${columns.map((column, index) => `$${from + index}::${column.type}[]`).join(', ')}) as given(${columns.map(column => column.name).join(', ')})`

function insertPart<Row>(table: string, columns: readonly Column<Row>[], rows: readonly Row[]): Part {
  const names = columns.map(column => column.name).join(', ')
  const selected = columns
    .map(column => (column.cast === undefined ? `given.${column.name}` : `given.${column.name}::${column.cast}`))
    .join(', ')
  return {
    sql: from =>
      `in_${table} as (insert into ${table} (${names}) select ${selected} from ${unnest(columns as readonly Column<never>[], from)} join fresh using (tenant_id, event_id))`,
    values: columns.map(column => column.of(rows)),
  }
}

/** A new case has no fence yet, so its token is 0; every touch counts it up. */
const actsPart = (rows: readonly ActRow[]): Part => ({
  sql: from => {
    const names = actColumns.filter(column => column.name !== 'event_id').map(column => column.name)
    return `in_acts as (insert into acts (${names.join(', ')}, token, automatic, state, not_before)
      select ${names.map(name => `given.${name}`).join(', ')}, 0, true, 'pending', given.recorded_at
      from ${unnest(actColumns as readonly Column<never>[], from)} join fresh using (tenant_id, event_id))`
  },
  values: actColumns.map(column => column.of(rows)),
})

const inboxPart = (rows: readonly InboxRow[]): Part => ({
  sql: from => {
    const names = inboxColumns.filter(column => column.name !== 'event_id').map(column => column.name)
    return `in_inbox as (insert into inbox (${names.join(', ')}) select ${names.map(name => `given.${name}`).join(', ')}
      from ${unnest(inboxColumns as readonly Column<never>[], from)} join fresh using (tenant_id, event_id))`
  },
  values: inboxColumns.map(column => column.of(rows)),
})

/** Shared rows, so they come last; a batch of which nothing was fresh counts nothing. */
const countsPart = (rows: readonly ActCountRow[]): Part => ({
  sql: from => `in_act_counts as (insert into act_counts (tenant_id, pod, action, hour, acts)
    select given.tenant_id, given.pod, given.action, given.hour, given.acts
    from ${unnest(countColumns as readonly Column<never>[], from)} where exists (select from fresh) order by 1, 2, 3, 4
    on conflict (tenant_id, pod, action, hour) do update set acts = act_counts.acts + excluded.acts)`,
  values: countColumns.map(column => column.of(rows)),
})

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
 */
export function recordStatement(batch: Batch, chain?: string): { name: string; text: string; values: unknown[] } {
  const keys = [...keyColumns, caseKinds]
  const parts: Part[] = []
  const opensHere = batch.keys.some(key => key.opensHere)
  let name = opensHere ? 'record_with_openings' : 'record'
  const add = <Row>(table: string, columns: readonly Column<Row>[], rows: readonly Row[]) => {
    if (rows.length === 0) return
    parts.push(insertPart(table, columns, rows))
    name += `_${table}`
  }
  add('events', eventColumns, batch.events)
  add('decisions', decisionColumns, batch.decisions)
  add('outcomes', outcomeColumns, batch.outcomes)
  add('messages', messageColumns, batch.messages)
  const addPart = (partName: string, part: Part) => {
    parts.push(part)
    name += `_${partName}`
  }
  if (batch.acts.length > 0) addPart('acts', actsPart(batch.acts))
  if (batch.inbox.length > 0) addPart('inbox', inboxPart(batch.inbox))
  if (batch.touches.length > 0) {
    name += '_touches'
    parts.push({
      sql: from => `touched as (insert into fences (tenant_id, case_id, token, reason, at)
        select tenant_id, case_id, 1, reason, at from unnest($${from}::text[], $${from + 1}::text[], $${from + 2}::text[], $${from + 3}::timestamptz[]) as given(tenant_id, case_id, reason, at)
        where exists (select from fresh where fresh.tenant_id = given.tenant_id and fresh.case_id = given.case_id)
        order by tenant_id, case_id
        on conflict (tenant_id, case_id) do update set token = fences.token + 1, reason = excluded.reason, at = excluded.at)`,
      values: [
        textArray(
          'text',
          batch.touches.map(touch => touch.tenant),
        ),
        textArray(
          'text',
          batch.touches.map(touch => touch.caseId),
        ),
        textArray(
          'text',
          batch.touches.map(touch => touch.reason),
        ),
        timeArray(batch.touches.map(touch => touch.at)),
      ],
    })
  }
  if (batch.actCounts.length > 0) addPart('counts', countsPart(batch.actCounts))
  const chained = chain !== undefined && batch.decisions.length + batch.outcomes.length > 0
  if (chained) addPart('linked', { sql: from => linkParts(`$${from}`), values: [chain] })
  const fenced = batch.epochs.length > 0
  if (fenced) name += '_fenced'
  const values: unknown[] = keys.map(column => column.of(batch.keys))
  if (chained) values.push(hexArray(recordDigests(batch)))
  if (fenced) values.push(...epochColumns.map(column => column.of(batch.epochs)))
  let variant = variants.get(name)
  if (variant === undefined) {
    variant = { name: `record_${variants.size}`, text: statementText(keys, parts, { opensHere, fenced, chained }) }
    variants.set(name, variant)
  }
  for (const part of parts) values.push(...part.values)
  return { ...variant, values }
}

function statementText(
  keys: readonly Column<KeyRow>[],
  parts: readonly Part[],
  { opensHere, fenced, chained }: { opensHere: boolean; fenced: boolean; chained: boolean },
): string {
  const keyValues = keys.length + (chained ? 1 : 0)
  let from = 1 + keyValues + (fenced ? epochColumns.length : 0)
  const inserts = parts.map(part => {
    const sql = part.sql(from)
    from += part.values.length
    return sql
  })
  const given = chained ? chainedKeys(keys) : unnest(keys as readonly Column<never>[], 1)
  const admitted = fenced ? `${given} where not exists (select from moved_on)` : given
  return `with ${fenced ? movedOn(1 + keyValues) : ''}given_keys as materialized (select * from ${admitted}),
${opensHere ? keysInTwoSteps : keysAtOnce}${inserts.map(sql => `,\n${sql}`).join('')}
select k.tenant_id, k.event_id from given_keys k left join fresh f using (tenant_id, event_id) where f.event_id is null${
    fenced ? `\nunion all select null, null from moved_on limit ${maxRefused}` : ''
  }`
}

/** The keys with their place in the batch and the digest of what is recorded of them. */
function chainedKeys(keys: readonly Column<KeyRow>[]): string {
  const arrays = keys.map((column, index) => `$${1 + index}::${column.type}[]`)
  return `unnest(${arrays.join(', ')}, $${1 + keys.length}::bytea[]) with ordinality
    as given(${keys.map(column => column.name).join(', ')}, digest, place)`
}

/** More rows than any batch has: `limit` only keeps the union from being planned as a join. */
const maxRefused = 1_000_000

/**
 * Held against change until the commit, so that whoever stops an action knows that nothing older comes after; in one order,
 * because two changes may be waiting.
 */
const movedOn = (from: number): string => `moved_on as materialized (
  select given.tenant_id from (select * from ${unnest(epochColumns as readonly Column<never>[], from)}
    order by tenant_id, pod offset 0) given
  where held_epoch(given.tenant_id, given.pod) <> given.epoch
), `

const insertKeys = `insert into event_keys (${keyColumns.map(column => column.name).join(', ')})
  select ${keyColumns.map(column => `k.${column.name}`).join(', ')} from given_keys k`
const newOnes = `order by k.tenant_id, k.event_id
  on conflict (tenant_id, event_id) do nothing
  returning tenant_id, event_id, case_id`
const openingThere = `left join lateral (
    select e.event_id from event_keys e
    where k.case_kinds is not null and e.tenant_id = k.tenant_id and e.case_id = k.case_id and e.decision_id is not null
      and e.kind = any (string_to_array(k.case_kinds, ',')) limit 1
  ) opening on true`

const keysAtOnce = `fresh as (
  ${insertKeys}
  ${openingThere}
  where k.case_kinds is null or opening.event_id is not null
  ${newOnes}
)`

// An opening that is itself refused opens nothing: what belongs to its case waits for what the first step wrote.
const keysInTwoSteps = `opened as (
  ${insertKeys}
  where k.decision_id is not null
  ${newOnes}, kind
), belonging as (
  ${insertKeys}
  ${openingThere}
  left join opened on opened.tenant_id = k.tenant_id and opened.case_id = k.case_id
    and opened.kind = any (string_to_array(k.case_kinds, ','))
  where k.decision_id is null and (k.case_kinds is null or opening.event_id is not null or opened.event_id is not null)
  ${newOnes}
), fresh as (select tenant_id, event_id, case_id from opened union all select * from belonging)`
