import type { Decision } from '@surety/contract'
import { boolArray, bytesArray, numberArray, textArray, timeArray, uuidArray } from './binary-array.ts'

/** One row for each event of the batch: what must be unique for ever. */
export interface KeyRow {
  readonly tenant: string
  readonly eventId: string
  readonly caseId: string
  readonly kind: string
  readonly payloadHash: Buffer
  readonly recordedAt: Date
  readonly decisionId: string | null
  /**
   * Not null: the case must exist already, opened by an event of one of these kinds (separated by commas), so that an
   * answer of one pod never finds a case of another. null: it needs none.
   */
  readonly caseKinds: string | null
  /** This batch holds an event that would open its case: whether it did is known only as it is written. */
  readonly opensHere?: boolean
}

export interface EventRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly kind: string
  readonly caseId: string
  readonly occurredAt: Date
  readonly recordedAt: Date
  readonly payload: string
  readonly pii: string | null
  readonly sealed: Buffer | null
  readonly search: string | null
}

export interface DecisionRow extends Decision {
  readonly latencyUs: number
}

export interface OutcomeRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly outcome: string
  readonly label: 0 | 1 | null
  readonly source: string
  readonly notes: string | null
  readonly timeToConversion: number | null
  readonly occurredAt: Date
  readonly recordedAt: Date
}

export interface MessageRow {
  readonly tenant: string
  readonly eventId: string
  readonly pod: string
  readonly caseId: string
  readonly role: string
  readonly text: string
  readonly pii: string | null
  readonly channel: string | null
  readonly ts: Date
  readonly recordedAt: Date
  readonly search: string | null
}

export interface Batch {
  readonly keys: readonly KeyRow[]
  readonly events: readonly EventRow[]
  readonly decisions: readonly DecisionRow[]
  readonly outcomes: readonly OutcomeRow[]
  readonly messages: readonly MessageRow[]
  /** Cases that a person or the customer touched: pending automatic acts with an older token are void. */
  readonly touches: readonly {
    readonly tenant: string
    readonly caseId: string
    readonly reason: string
    readonly at: Date
  }[]
}

interface Part {
  readonly sql: (from: number) => string
  readonly values: readonly unknown[]
}

interface Column<Row> {
  readonly name: string
  /** Type of the array element as the statement receives it. */
  readonly type: string
  /** What the column is cast to, where no binary form is worth writing. */
  readonly cast?: string
  readonly of: (rows: readonly Row[]) => Buffer
}

const text = <Row>(name: string, of: (row: Row) => string | null, cast?: string): Column<Row> => ({
  name,
  type: 'text',
  ...(cast === undefined ? {} : { cast }),
  of: rows => textArray('text', rows.map(of)),
})
const json = <Row>(name: string, of: (row: Row) => string | null): Column<Row> => ({
  name,
  type: 'json',
  of: rows => textArray('json', rows.map(of)),
})
const number = <Row>(
  name: string,
  type: 'float8' | 'int8' | 'int4' | 'int2',
  of: (row: Row) => number | null,
): Column<Row> => ({ name, type, of: rows => numberArray(type, rows.map(of)) })
const bool = <Row>(name: string, of: (row: Row) => boolean): Column<Row> => ({
  name,
  type: 'bool',
  of: rows => boolArray(rows.map(of)),
})
const uuid = <Row>(name: string, of: (row: Row) => string | null): Column<Row> => ({
  name,
  type: 'uuid',
  of: rows => uuidArray(rows.map(of)),
})
const time = <Row>(name: string, of: (row: Row) => Date): Column<Row> => ({
  name,
  type: 'timestamptz',
  of: rows => timeArray(rows.map(of)),
})
const bytes = <Row>(name: string, of: (row: Row) => Buffer | null): Column<Row> => ({
  name,
  type: 'bytea',
  of: rows => bytesArray(rows.map(of)),
})

const keyColumns: readonly Column<KeyRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  text('case_id', row => row.caseId),
  text('kind', row => row.kind),
  bytes('payload_hash', row => row.payloadHash),
  time('recorded_at', row => row.recordedAt),
  uuid('decision_id', row => row.decisionId),
]
const caseKinds = text<KeyRow>('case_kinds', row => row.caseKinds)

const eventColumns: readonly Column<EventRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  text('pod', row => row.pod),
  text('kind', row => row.kind),
  text('case_id', row => row.caseId),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
  json('payload', row => row.payload),
  json('pii', row => row.pii),
  bytes('sealed', row => row.sealed),
  text('search', row => row.search, 'tsvector'),
]

const decisionColumns: readonly Column<DecisionRow>[] = [
  text('tenant_id', row => row.tenant),
  uuid('decision_id', row => row.id),
  text('pod', row => row.pod),
  text('case_id', row => row.caseId),
  text('subject', row => row.subject),
  text('event_id', row => row.eventId),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
  text('schema_hash', row => row.schemaHash),
  json('features', row => JSON.stringify(row.features)),
  json('enrichment', row => JSON.stringify(row.enrichment)),
  number('probability', 'float8', row => row.score.probability),
  number('model_version', 'int8', row => row.score.modelVersion),
  text('model_digest', row => row.score.modelDigest),
  number('lower', 'float8', row => row.interval.lower),
  number('upper', 'float8', row => row.interval.upper),
  number('level', 'float8', row => row.interval.level),
  text('method', row => row.interval.method),
  number('calibration_size', 'int4', row => row.interval.calibrationSize),
  number('calibrated_probability', 'float8', row => row.interval.calibrated),
  number('policy_version', 'int4', row => row.policyVersion),
  number('threshold', 'float8', row => row.threshold),
  text('action', row => row.action),
  text('mode', row => row.mode),
  text('gate', row => row.gate),
  bool('automatic', row => row.automatic),
  number('propensity', 'float8', row => row.propensity),
  text('state', row => row.state),
  text('reason', row => row.reason),
  json('notes', row => (row.score.notes.length === 0 ? null : JSON.stringify(row.score.notes))),
  number('latency_us', 'int4', row => row.latencyUs),
]

const outcomeColumns: readonly Column<OutcomeRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  text('pod', row => row.pod),
  text('case_id', row => row.caseId),
  text('outcome', row => row.outcome),
  number('label', 'int2', row => row.label),
  text('source', row => row.source),
  text('notes', row => row.notes),
  number('time_to_conversion', 'float8', row => row.timeToConversion),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
]

const messageColumns: readonly Column<MessageRow>[] = [
  text('tenant_id', row => row.tenant),
  text('event_id', row => row.eventId),
  text('pod', row => row.pod),
  text('case_id', row => row.caseId),
  text('role', row => row.role),
  text('text', row => row.text),
  json('pii', row => row.pii),
  text('channel', row => row.channel),
  time('ts', row => row.ts),
  time('recorded_at', row => row.recordedAt),
  text('search', row => row.search, 'tsvector'),
]

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

/** Text of one variant of the statement, by which tables it writes: prepared once per connection. */
const texts = new Map<string, string>()

/**
 * The whole batch as one statement, which is one transaction: keys first, then each table only for the events whose
 * key is new. It returns the events that were *not* written: their id was there before (`known`), or their case does
 * not exist.
 */
export function recordStatement(batch: Batch): { name: string; text: string; values: unknown[] } {
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
  const values: unknown[] = keys.map(column => column.of(batch.keys))
  let text = texts.get(name)
  if (text === undefined) {
    text = statementText(keys, parts, opensHere)
    texts.set(name, text)
  }
  for (const part of parts) values.push(...part.values)
  return { name, text, values }
}

function statementText(keys: readonly Column<KeyRow>[], parts: readonly Part[], opensHere: boolean): string {
  let from = 1 + keys.length
  const inserts = parts.map(part => {
    const sql = part.sql(from)
    from += part.values.length
    return sql
  })
  return `with given_keys as materialized (select * from ${unnest(keys as readonly Column<never>[], 1)}),
${opensHere ? keysInTwoSteps : keysAtOnce}${inserts.map(sql => `,\n${sql}`).join('')}
select k.tenant_id, k.event_id from given_keys k left join fresh f using (tenant_id, event_id) where f.event_id is null`
}

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
