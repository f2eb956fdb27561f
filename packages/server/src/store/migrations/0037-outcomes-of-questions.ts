/**
 * An outcome may speak of one question of its case. The rule of `0003-label-rule` is said once more, for one question: what names
 * it and what names none count; `null` asks whatever a row speaks of. The functions without a question stay for processes of before.
 */
const newestFirst = `o.source = 'window', o.occurred_at desc, o.recorded_at desc, o.seq desc, o.event_id desc`

const ofCase = `from (
      select found.event_id, found.outcome, found.label, found.source, found.quality, found.notes, found.time_to_conversion,
        found.occurred_at, found.recorded_at, found.seq, found.question
      from outcomes found
      where found.tenant_id = tenant and found.case_id = of_case and (found.pod = of_pod) is true
        and found.recorded_at >= since - interval '1 day' and (found.question = of_question) is not false
      order by found.recorded_at desc) o`

const columns = `event_id text, outcome text, label smallint, source text, quality text, notes text,
  time_to_conversion float8, occurred_at timestamptz, recorded_at timestamptz, question text`

const selected =
  'o.event_id, o.outcome, o.label, o.source, o.quality, o.notes, o.time_to_conversion, o.occurred_at, o.recorded_at, o.question'

export const outcomesOfQuestions = {
  name: '0037-outcomes-of-questions',
  sql: `
-- Null: all questions of the case.
alter table outcomes add column question text collate "C";

-- Questions of an alert that an outcome has settled while others are open.
alter table cases add column settled text[] not null default '{}';

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
