/**
 * Which outcome of a case counts, said in one place for every reader. What somebody reported wins over what silence
 * settled; then the outcome that happened last, then the one recorded last, then the later one of its batch. Outcomes of
 * before this migration have no place in their batch: where all else is equal the greater event id wins, as it does for
 * two batches of one millisecond.
 */
const newestFirst = `o.source = 'window', o.occurred_at desc, o.recorded_at desc, o.seq desc, o.event_id desc`

/**
 * Outcomes of one case lie near each other in the index by case, from the time of its decision on; a day is left for
 * clocks that differ. `is true` keeps the pod out of the choice of an index, and the order that is asked for within is that
 * of the right one: a planner without statistics would walk all outcomes of the tenant by time for each case.
 */
const ofCase = `from (
      select found.event_id, found.outcome, found.label, found.source, found.quality, found.notes, found.time_to_conversion,
        found.occurred_at, found.recorded_at, found.seq
      from outcomes found
      where found.tenant_id = tenant and found.case_id = of_case and (found.pod = of_pod) is true
        and found.recorded_at >= since - interval '1 day'
      order by found.recorded_at desc) o`

const columns = `event_id text, outcome text, label smallint, source text, quality text, notes text,
  time_to_conversion float8, occurred_at timestamptz, recorded_at timestamptz`

const selected =
  'o.event_id, o.outcome, o.label, o.source, o.quality, o.notes, o.time_to_conversion, o.occurred_at, o.recorded_at'

export const labelRule = {
  name: '0003-label-rule',
  sql: `
-- Place of an outcome in the batch that recorded it.
alter table outcomes add column seq smallint not null default 0;

-- Functions and not views: the bound in time reaches the partitions, and each is one statement that the planner takes
-- into the one around it. Nothing here runs with other rights than the caller's, so row-level security holds.
create function outcomes_of(tenant text, of_pod text, of_case text, since timestamptz)
returns table (${columns}, place bigint) language sql stable begin atomic
  select ${selected}, row_number() over (order by ${newestFirst}) as place ${ofCase};
end;

create function latest_outcome(tenant text, of_pod text, of_case text, since timestamptz)
returns table (${columns}) language sql stable begin atomic
  select ${selected} ${ofCase} order by ${newestFirst} limit 1;
end;
`,
} as const
