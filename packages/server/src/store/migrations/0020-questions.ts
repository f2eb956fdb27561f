/** Tables kept for each question, with what their key holds beside tenant, pod and question. */
const keyed: { readonly [table: string]: string } = {
  act_counts: 'action, hour',
  action_states: 'action',
  active_models: '',
  audit_estimates: 'action',
  calibration_figures: 'model_digest',
  calibration_rows: 'model_digest, row_id',
  calibrators: 'model_digest, version',
  certificate_attempts: 'action, attempt',
  label_cursors: '',
  maturities: '',
  models: 'version, digest',
  settings: 'name, version',
  shortfalls: 'action',
  tripwires: 'action',
}

const withQuestion = (table: string): string =>
  `alter table ${table} add column question text collate "C" not null default 'main';`

/** The key is as wide as what it tells apart; the rows stay where they are. */
const inTheKey = (table: string, rest: string): string => `${withQuestion(table)}
alter table ${table} drop constraint ${table}_pkey, add primary key (${['tenant_id', 'pod', 'question', ...(rest === '' ? [] : [rest])].join(', ')});`

/**
 * A pod asks one question or several. What there is belongs to the question `main` that both pods asked: a constant default,
 * so that no table is written anew. Nothing is taken away but the second guard of a key's id, which `key_directory` keeps.
 */
export const questions = {
  name: '0020-questions',
  sql: `
${Object.entries(keyed)
  .map(([table, rest]) => inTheKey(table, rest))
  .join('\n')}
-- Functions that take a whole row of a table keep it from being changed: they are made again as they were.
drop function certificate_in_force(certificates, timestamptz);
drop function certificate_was_in_force(certificates, timestamptz);
${withQuestion('certificates')}
create function certificate_in_force(c certificates, at timestamptz) returns boolean language sql stable
  return c.revoked_at is null and c.expires_at > at;
create function certificate_was_in_force(c certificates, at timestamptz) returns boolean language sql stable
  return c.issued_at <= at and c.expires_at > at and (c.revoked_at is null or c.revoked_at > at);

-- An event may belong to no case at all, and an act may have several steps.
alter table event_keys alter column case_id drop not null;
alter table events alter column case_id drop not null;
alter table acts add column step smallint not null default 0;
alter table acts drop constraint acts_pkey, add primary key (tenant_id, recorded_at, decision_id, step);

-- Unique over all tenants, which no key of a table of tenants can be where they lie on several servers.
drop index api_keys_by_id;

drop function take_out_calibration_row(text, text, text, text);
create function take_out_calibration_row(tenant text, of_pod text, of_question text, of_model text, of_row text) returns text
language plpgsql volatile as $$
  declare digest text;
  begin
    delete from calibration_rows c
      where c.tenant_id = tenant and c.pod = of_pod and c.question = of_question and c.model_digest = of_model
        and c.row_id = of_row and not c.watched
      returning c.model_digest into digest;
    if digest is null then
      update calibration_rows c set quality = 'bulk'
        where c.tenant_id = tenant and c.pod = of_pod and c.question = of_question and c.model_digest = of_model
          and c.row_id = of_row and c.watched and c.quality <> 'bulk'
        returning c.model_digest into digest;
    end if;
    return digest;
  end
$$;
`,
} as const
