/** Whoever starts with other keys than the installation has would write what nobody else can read, find or verify. */
export const installationKeys = {
  name: '0049-installation-keys',
  sql: `
-- Fingerprints: they say nothing of the keys, which are nowhere in the database.
create table installation_keys (
  name text not null check (name in ('data_key', 'pii_key', 'signing_key')),
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{32}$'),
  noted_at timestamptz not null,
  primary key (name, fingerprint)
);
`,
} as const
