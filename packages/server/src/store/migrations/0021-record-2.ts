/**
 * What a record of format 2 holds beyond one of format 1; the rows that are there keep format 1. Digests lie as hexadecimal
 * text, like that of the model, so that a record can be digested from the row as it is read. Constant defaults: no table is
 * written anew.
 */
export const record2 = {
  name: '0021-record-2',
  sql: `
alter table decisions
  add column record_format smallint not null default 1,
  add column question text collate "C" not null default 'main',
  add column question_subject text collate "C" not null default '',
  add column acting_version bigint,
  -- The index of the strictest cut that still holds the case, 0 to 63, or -1 for none: one for each side.
  add column kappa_act smallint,
  add column kappa_clear smallint,
  add column audit_coin double precision,
  add column predictions_digest text,
  add column findings_digest text;
`,
} as const
