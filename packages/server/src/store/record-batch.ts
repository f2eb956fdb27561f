import type { Decision } from '@surety/contract'
import { byteaArray, plainArray, textArray, timeArray } from './array-literal.ts'

/** One row for each event of the batch: what must be unique for ever. */
export interface KeyRow {
  readonly tenant: string
  readonly eventId: string
  readonly caseId: string
  readonly kind: string
  readonly payloadHash: Buffer
  readonly recordedAt: Date
  readonly decisionId: string | null
  /** True: the case must exist already (or be opened by this very batch, then false). */
  readonly needsCase: boolean
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
  readonly type: string
  readonly of: (rows: readonly Row[]) => string
}

const col = <Row>(name: string, type: string, of: (row: Row) => string | null): Column<Row> => ({
  name,
  type,
  of: rows => textArray(rows.map(of)),
})
const plain = <Row>(name: string, type: string, of: (row: Row) => string | number | boolean | null): Column<Row> => ({
  name,
  type,
  of: rows => plainArray(rows.map(of)),
})
const time = <Row>(name: string, of: (row: Row) => Date): Column<Row> => ({
  name,
  type: 'timestamptz',
  of: rows => timeArray(rows.map(of)),
})
const bytes = <Row>(name: string, of: (row: Row) => Buffer | null): Column<Row> => ({
  name,
  type: 'bytea',
  of: rows => byteaArray(rows.map(of)),
})

const keyColumns: readonly Column<KeyRow>[] = [
  col('tenant_id', 'text', row => row.tenant),
  col('event_id', 'text', row => row.eventId),
  col('case_id', 'text', row => row.caseId),
  col('kind', 'text', row => row.kind),
  bytes('payload_hash', row => row.payloadHash),
  time('recorded_at', row => row.recordedAt),
  plain('decision_id', 'uuid', row => row.decisionId),
]
const needsCase = plain<KeyRow>('needs_case', 'bool', row => row.needsCase)

const eventColumns: readonly Column<EventRow>[] = [
  col('tenant_id', 'text', row => row.tenant),
  col('event_id', 'text', row => row.eventId),
  col('pod', 'text', row => row.pod),
  col('kind', 'text', row => row.kind),
  col('case_id', 'text', row => row.caseId),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
  col('payload', 'json', row => row.payload),
  col('pii', 'json', row => row.pii),
  bytes('sealed', row => row.sealed),
  col('search', 'tsvector', row => row.search),
]

const decisionColumns: readonly Column<DecisionRow>[] = [
  col('tenant_id', 'text', row => row.tenant),
  plain('decision_id', 'uuid', row => row.id),
  col('pod', 'text', row => row.pod),
  col('case_id', 'text', row => row.caseId),
  col('subject', 'text', row => row.subject),
  col('event_id', 'text', row => row.eventId),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
  col('schema_hash', 'text', row => row.schemaHash),
  col('features', 'json', row => JSON.stringify(row.features)),
  col('enrichment', 'json', row => JSON.stringify(row.enrichment)),
  plain('probability', 'float8', row => row.score.probability),
  plain('model_version', 'int8', row => row.score.modelVersion),
  plain('model_digest', 'text', row => row.score.modelDigest),
  plain('lower', 'float8', row => row.interval.lower),
  plain('upper', 'float8', row => row.interval.upper),
  plain('level', 'float8', row => row.interval.level),
  col('method', 'text', row => row.interval.method),
  plain('calibration_size', 'int4', row => row.interval.calibrationSize),
  plain('calibrated_probability', 'float8', row => row.interval.calibrated),
  plain('policy_version', 'int4', row => row.policyVersion),
  plain('threshold', 'float8', row => row.threshold),
  plain('action', 'text', row => row.action),
  plain('mode', 'text', row => row.mode),
  plain('gate', 'text', row => row.gate),
  plain('automatic', 'bool', row => row.automatic),
  plain('propensity', 'float8', row => row.propensity),
  plain('state', 'text', row => row.state),
  plain('reason', 'text', row => row.reason),
  col('notes', 'json', row => (row.score.notes.length === 0 ? null : JSON.stringify(row.score.notes))),
  plain('latency_us', 'int4', row => row.latencyUs),
]

const outcomeColumns: readonly Column<OutcomeRow>[] = [
  col('tenant_id', 'text', row => row.tenant),
  col('event_id', 'text', row => row.eventId),
  col('pod', 'text', row => row.pod),
  col('case_id', 'text', row => row.caseId),
  col('outcome', 'text', row => row.outcome),
  plain('label', 'int2', row => row.label),
  plain('source', 'text', row => row.source),
  col('notes', 'text', row => row.notes),
  plain('time_to_conversion', 'float8', row => row.timeToConversion),
  time('occurred_at', row => row.occurredAt),
  time('recorded_at', row => row.recordedAt),
]

const messageColumns: readonly Column<MessageRow>[] = [
  col('tenant_id', 'text', row => row.tenant),
  col('event_id', 'text', row => row.eventId),
  col('pod', 'text', row => row.pod),
  col('case_id', 'text', row => row.caseId),
  col('role', 'text', row => row.role),
  col('text', 'text', row => row.text),
  col('pii', 'json', row => row.pii),
  col('channel', 'text', row => row.channel),
  time('ts', row => row.ts),
  time('recorded_at', row => row.recordedAt),
  col('search', 'tsvector', row => row.search),
]

const unnest = (columns: readonly Column<never>[], from: number): string =>
  `unnest(${columns.map((column, index) => `$${from + index}::${column.type === 'tsvector' ? 'text' : column.type}[]`).join(', ')}) as given(${columns.map(column => column.name).join(', ')})`

function insertPart<Row>(table: string, columns: readonly Column<Row>[], rows: readonly Row[]): Part {
  const names = columns.map(column => column.name).join(', ')
  const selected = columns
    .map(column => (column.type === 'tsvector' ? `given.${column.name}::tsvector` : `given.${column.name}`))
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
  const keys = [...keyColumns, needsCase]
  const parts: Part[] = []
  let name = 'record'
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
        textArray(batch.touches.map(touch => touch.tenant)),
        textArray(batch.touches.map(touch => touch.caseId)),
        textArray(batch.touches.map(touch => touch.reason)),
        timeArray(batch.touches.map(touch => touch.at)),
      ],
    })
  }
  const values: unknown[] = keys.map(column => column.of(batch.keys))
  let text = texts.get(name)
  if (text === undefined) {
    text = statementText(keys, parts)
    texts.set(name, text)
  }
  for (const part of parts) values.push(...part.values)
  return { name, text, values }
}

function statementText(keys: readonly Column<KeyRow>[], parts: readonly Part[]): string {
  const names = keyColumns.map(column => column.name).join(', ')
  let from = 1 + keys.length
  const inserts = parts.map(part => {
    const sql = part.sql(from)
    from += part.values.length
    return sql
  })
  return `with given_keys as materialized (select * from ${unnest(keys as readonly Column<never>[], 1)}),
fresh as (
  insert into event_keys (${names})
  select ${keyColumns.map(column => `k.${column.name}`).join(', ')} from given_keys k
  left join lateral (
    select e.event_id from event_keys e
    where k.needs_case and e.tenant_id = k.tenant_id and e.case_id = k.case_id and e.decision_id is not null limit 1
  ) opening on true
  where not k.needs_case or opening.event_id is not null
  order by k.tenant_id, k.event_id
  on conflict (tenant_id, event_id) do nothing
  returning tenant_id, event_id, case_id
)${inserts.map(sql => `,\n${sql}`).join('')}
select k.tenant_id, k.event_id from given_keys k left join fresh f using (tenant_id, event_id) where f.event_id is null`
}
