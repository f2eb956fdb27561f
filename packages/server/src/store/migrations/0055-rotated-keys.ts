/** A key gets a new secret, and the old ones stay good for a while: whoever uses them has that long to change over. */
export const rotatedKeys = {
  name: '0055-rotated-keys',
  sql: `
alter table api_keys
  add column rotated_at timestamptz,
  -- The newest first: [{"sha256": hexadecimal, "until": ISO 8601}]; one that has ended is kept so that its holder can be told.
  add column old_secrets jsonb not null default '[]';
`,
} as const
