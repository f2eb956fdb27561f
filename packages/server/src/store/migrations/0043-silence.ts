/**
 * Silence settles labels, and whoever breaks it takes that back. Which outcome of a case counts is said once more: of what was
 * reported that which happened last; what silence said counts where nothing that was reported has a label and nothing was
 * reported since; of what silence said, and of what took it back, that which was recorded last.
 */
const newestFirst = `case
      when not o.by_silence then 1
      when o.reported_at is null or (o.reported_label is null and o.recorded_at > o.reported_at) then 0
      else 2 end,
    case when o.by_silence then o.recorded_at else o.occurred_at end desc, o.recorded_at desc, o.seq desc, o.event_id desc`

const ofCase = `from (
      select found.*, max(found.recorded_at) filter (where not found.by_silence) over () as reported_at,
        first_value(found.label) over (order by found.by_silence, found.occurred_at desc, found.recorded_at desc, found.seq desc,
          found.event_id desc) as reported_label
      from (
        select known.event_id, known.outcome, known.label, known.source,
          case when known.bulk is null then known.quality else 'bulk' end as quality, known.notes, known.time_to_conversion,
          known.occurred_at, known.recorded_at, known.seq, known.question, known.sender, known.bulk,
          known.source in ('window', 'reactivated') as by_silence
        from outcomes known
        where known.tenant_id = tenant and known.case_id = of_case and (known.pod = of_pod) is true
          and known.recorded_at >= since - interval '1 day' and (known.question = of_question) is not false
        order by known.recorded_at desc) found) o`

const columns = `event_id text, outcome text, label smallint, source text, quality text, notes text,
  time_to_conversion float8, occurred_at timestamptz, recorded_at timestamptz, question text, sender text, bulk text`

const selected = `o.event_id, o.outcome, o.label, o.source, o.quality, o.notes, o.time_to_conversion, o.occurred_at, o.recorded_at,
    o.question, o.sender, o.bulk`

export const silence = {
  name: '0043-silence',
  sql: `
-- Wider than what it replaces, so that no row has to be looked at for it.
alter table outcomes drop constraint outcomes_source_check;
alter table outcomes add constraint outcomes_source_check check (source in ('reported', 'window', 'imported', 'reactivated')) not valid;

-- At which token silence settled the case: where that is the newest, nobody has broken it. Null: it never did.
alter table fences add column silence_token bigint;

create or replace function outcomes_of(tenant text, of_pod text, of_case text, since timestamptz, of_question text)
returns table (${columns}, place bigint) language sql stable begin atomic
  select ${selected}, row_number() over (order by ${newestFirst}) as place ${ofCase};
end;

create or replace function latest_outcome(tenant text, of_pod text, of_case text, since timestamptz, of_question text)
returns table (${columns}) language sql stable begin atomic
  select ${selected} ${ofCase} order by ${newestFirst} limit 1;
end;
`,
} as const
