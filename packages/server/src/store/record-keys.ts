import { eventKeys, givenKeys, givenKeysWithEnds, type KeyRow } from './event-keys.ts'
import { type LineColumns, names, selected, type Table } from './table.ts'

/** How the keys of a batch are written. */
export interface Keys {
  readonly name: string
  readonly of: Table<LineColumns<KeyRow>>
  readonly sql: string
  readonly ofFresh: string
}
const ofFresh = 'join fresh using (tenant_id, event_id)'

/** How these keys become `fresh`. */
export function keysOf(keys: readonly KeyRow[]): Keys {
  if (keys.some(key => key.ends)) return { name: '_with_ends', of: givenKeysWithEnds, sql: keysWithEnds, ofFresh }
  if (keys.some(key => key.opensHere)) return { name: '_with_openings', of: givenKeys, sql: keysInTwoSteps, ofFresh }
  return { name: '', of: givenKeys, sql: keysAtOnce, ofFresh }
}

const insertKeys = `insert into event_keys (${names(eventKeys)}) select ${selected(eventKeys, 'k')} from given_keys k`
const newOnes = `order by k.tenant_id, k.event_id
  on conflict (tenant_id, event_id) do nothing
  returning tenant_id, event_id, case_id`
// The order that is asked for is that of the index over cases: without statistics the one over event ids looked as good, and an
// outcome read half of its tenant's keys.
const openingThere = `left join lateral (
    select e.event_id from event_keys e
    where k.case_kinds is not null and e.tenant_id = k.tenant_id and e.case_id between k.case_id and k.case_id
      and e.decision_id is not null and e.kind = any (string_to_array(k.case_kinds, ',')) order by e.case_id limit 1
  ) opening on true`

const keysAtOnce = `fresh as (
  ${insertKeys}
  ${openingThere}
  where k.case_kinds is null or opening.event_id is not null
  ${newOnes}
)`

/** Of outcomes by silence: those alone whose cases nobody touched since. */
export const keysSettling: Keys = {
  name: '_settling',
  of: givenKeys,
  sql: `fresh as (
  ${insertKeys}
  ${openingThere}
  where (k.case_kinds is null or opening.event_id is not null)
    and exists (select from settled where settled.tenant_id = k.tenant_id and settled.case_id = k.case_id)
  ${newOnes}
)`,
  ofFresh,
}

const openings = `opened as (
  ${insertKeys}
  where k.decision_id is not null
  ${newOnes}, kind
)`
const belongs = `${openingThere}
  left join opened on opened.tenant_id = k.tenant_id and opened.case_id = k.case_id
    and opened.kind = any (string_to_array(k.case_kinds, ','))
  where k.decision_id is null and (k.case_kinds is null or opening.event_id is not null or opened.event_id is not null)`

/** Written before, by a statement of their own. */
export const keysThere: Keys = {
  name: '_there',
  of: givenKeys,
  sql: 'fresh as (select tenant_id, event_id, case_id from given_keys)',
  ofFresh: '',
}

// An opening that is itself refused opens nothing: what belongs to its case waits for what the first step wrote.
const keysInTwoSteps = `${openings}, belonging as (
  ${insertKeys}
  ${belongs}
  ${newOnes}
), fresh as (select tenant_id, event_id, case_id from opened union all select * from belonging)`

// Ids with an end come last: whoever waits for their day then holds no day of his own.
const keysWithEnds = `${openings}, belonging as (
  ${insertKeys}
  ${belongs} and not k.ends
  ${newOnes}
), ending as materialized (
  select k.tenant_id, k.event_id, k.case_id, k.recorded_at, k.payload_hash, event_digest(k.event_id) as event_digest
  from given_keys k
  ${belongs} and k.ends
), in_recent as (
  insert into recent_event_keys (recorded_at, day, payload_sign, event_digest, tenant_id)
  select e.recorded_at, new.day, payload_sign(e.payload_hash), e.event_digest, e.tenant_id
  from (select array_agg(tenant_id) as tenants, array_agg(event_digest) as digests from ending) given
    cross join lateral new_recent_keys(given.tenants, given.digests) new
    join ending e on e.tenant_id = new.tenant_id and e.event_digest = new.event_digest
  order by e.tenant_id, e.event_digest
  on conflict do nothing
  returning tenant_id, event_digest
), fresh as (
  select tenant_id, event_id, case_id from opened
  union all select * from belonging
  union all select e.tenant_id, e.event_id, e.case_id from ending e join in_recent using (tenant_id, event_digest)
)`
