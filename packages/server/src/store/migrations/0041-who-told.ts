const visible = `tenant_id = any (string_to_array(current_setting('surety.tenants', true), ','))`

const newestFirst = `o.source = 'window', o.occurred_at desc, o.recorded_at desc, o.seq desc, o.event_id desc`

/** What readers are told of the quality: what was told as a person's may count as given in bulk. */
const ofCase = `from (
      select found.event_id, found.outcome, found.label, found.source,
        case when found.bulk is null then found.quality else 'bulk' end as quality, found.notes, found.time_to_conversion,
        found.occurred_at, found.recorded_at, found.seq, found.question, found.sender, found.bulk
      from outcomes found
      where found.tenant_id = tenant and found.case_id = of_case and (found.pod = of_pod) is true
        and found.recorded_at >= since - interval '1 day' and (found.question = of_question) is not false
      order by found.recorded_at desc) o`

const columns = `event_id text, outcome text, label smallint, source text, quality text, notes text,
  time_to_conversion float8, occurred_at timestamptz, recorded_at timestamptz, question text, sender text, bulk text`

const selected = `o.event_id, o.outcome, o.label, o.source, o.quality, o.notes, o.time_to_conversion, o.occurred_at, o.recorded_at,
    o.question, o.sender, o.bulk`

/**
 * Which key sent what opened a case, and which one told what became of it; and which labels count as given in bulk although
 * they were not said to be. The stored quality is part of receipts and stays as it was told: the functions that everybody asks
 * say what it counts as. Null is everywhere what was recorded before, and what came from inside.
 */
export const whoTold = {
  name: '0041-who-told',
  sql: `
alter table event_keys add column sender text collate "C";
alter table outcomes add column sender text collate "C", add column bulk text collate "C";
alter table calibration_rows add column labelled_by text collate "C";
alter table api_keys add column system_of_record boolean not null default false;

-- How many outcomes a key has told within its minute: one row for each key.
create table sender_minutes (
  tenant_id text collate "C" not null,
  sender text collate "C" not null,
  since timestamptz not null,
  outcomes integer not null,
  primary key (tenant_id, sender)
) with (fillfactor = 50);
alter table sender_minutes enable row level security;
alter table sender_minutes force row level security;
create policy tenant_rows on sender_minutes using (${visible}) with check (${visible});

drop function outcomes_of(text, text, text, timestamptz, text);
drop function latest_outcome(text, text, text, timestamptz, text);

create function outcomes_of(tenant text, of_pod text, of_case text, since timestamptz, of_question text)
returns table (${columns}, place bigint) language sql stable begin atomic
  select ${selected}, row_number() over (order by ${newestFirst}) as place ${ofCase};
end;

create function latest_outcome(tenant text, of_pod text, of_case text, since timestamptz, of_question text)
returns table (${columns}) language sql stable begin atomic
  select ${selected} ${ofCase} order by ${newestFirst} limit 1;
end;
`,
} as const
