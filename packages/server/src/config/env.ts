/** One environment variable: what it means, its default in words, whether it is a secret (never printed). */
export interface Setting {
  readonly name: string
  readonly meaning: string
  readonly default: string
  readonly secret?: true
}

/** Every variable Surety reads. `docs/config.md` is generated from this list. */
export const settings = [
  { name: 'PORT', meaning: 'Port of the HTTP door.', default: '8000' },
  { name: 'HOST', meaning: 'Address the HTTP door listens on.', default: '127.0.0.1' },
  {
    name: 'DATABASE_URL',
    meaning: 'Your PostgreSQL, 15 or newer (postgres://user:password@host/database).',
    default: 'the embedded PostgreSQL in DATA_DIR',
    secret: true,
  },
  {
    name: 'MIGRATE_URL',
    meaning:
      'The same database, as the owner of the tables: they are made, changed and dropped by this login alone, and that of DATABASE_URL gets no more than it needs to serve; it can add to the audit log and change nothing of it.',
    default: 'none: the login of DATABASE_URL owns the tables',
    secret: true,
  },
  {
    name: 'DATABASE_SILENCE_SECONDS',
    meaning:
      'Seconds without a word from the database, 1 to 60, after which it counts as away: whoever waits for it is answered 503 then, and others at once until it is heard again.',
    default: '5',
  },
  {
    name: 'DATA_DIR',
    meaning: 'Folder for the embedded database, generated keys and the model file.',
    default: '.surety',
  },
  { name: 'TENANT', meaning: 'Name of the first tenant, made at the first start.', default: 'main' },
  {
    name: 'DATA_KEY',
    meaning: 'Keys that encrypt contact fields: base64 of 32 bytes, newest first, separated by commas.',
    default: 'generated once into DATA_DIR',
    secret: true,
  },
  {
    name: 'PII_KEY',
    meaning: 'Root key of redaction tokens and search hashes: base64 of 32 bytes.',
    default: 'generated once into DATA_DIR',
    secret: true,
  },
  {
    name: 'MODEL_SIGNING_KEY',
    meaning: 'Ed25519 key that signs models: base64 of 32 bytes, or a PKCS#8 PEM.',
    default: 'generated once into DATA_DIR',
    secret: true,
  },
  {
    name: 'MODEL_TRUSTED_KEYS',
    meaning: 'Public keys whose model signatures are believed besides our own: base64 of 32 bytes each, by commas.',
    default: 'none',
  },
  { name: 'MODEL_PATH', meaning: 'The model file that reload-model reads again.', default: 'DATA_DIR/model.json' },
  { name: 'MIN_AUC', meaning: 'Floor for the AUC of a model, 0..1.', default: '0.65' },
  { name: 'FOLLOWUP_RULE_TOP_P', meaning: 'Threshold of the start_followup rule on pred_prob, 0..1.', default: '0.70' },
  {
    name: 'OUTCOME_WINDOW_DAYS',
    meaning:
      'Days after which a lead of which nothing is heard counts as ghosted, while its tenant has not set `silence_days`; 0: never.',
    default: '30',
  },
  {
    name: 'ENABLE_ENRICHMENT',
    meaning: 'Read intent, sentiment and urgency out of texts (true or false).',
    default: 'true',
  },
  {
    name: 'ENABLE_MEMORY',
    meaning:
      'Keep conversations for the history and the search (true or false). false: of a message only its time, sender and channel are stored, so that it still cancels what is pending; the opening text of a lead is kept, redacted, for whoever decides about it.',
    default: 'true',
  },
  { name: 'MEMORY_TTL_DAYS', meaning: 'Days that texts are kept; 0 keeps them.', default: '180' },
  {
    name: 'CONTACT_TTL_DAYS',
    meaning: 'Days that contact fields are kept after the last activity; 0 keeps them.',
    default: '365',
  },
  {
    name: 'RECORD_TTL_DAYS',
    meaning:
      'Days that events, decisions and what became of them are kept, by whole months; 0 keeps them. Digests in receipts, settings, models and certificates stay.',
    default: '730',
  },
  {
    name: 'METRICS_TOKEN',
    meaning:
      'Bearer token that /metrics asks for. Without one /metrics is 401, unless PRODUCTION is false and HOST is a loopback address: then it is open.',
    default: 'none',
    secret: true,
  },
  { name: 'CORS_ORIGINS', meaning: 'Origins that browsers may call from, by commas.', default: 'none' },
  {
    name: 'TRUSTED_PROXIES',
    meaning:
      'Addresses and networks (CIDR) of your proxies, by commas. Only from them is x-forwarded-for believed: wrong keys are then counted by the address of the caller and not by that of the proxy.',
    default: 'none',
  },
  {
    name: 'DEV_OPEN_LOOPBACK',
    meaning: 'Opens the API without key for callers on this machine (true or false).',
    default: 'false',
  },
  {
    name: 'PRODUCTION',
    meaning: 'Refuses settings that are only fit for development (true or false).',
    default: 'false',
  },
  {
    name: 'PODS',
    meaning:
      'Names of the pods that are served, by commas. Events of the others are refused, and their routes are not there.',
    default: 'all',
  },
  { name: 'LOG_LEVEL', meaning: 'fatal, error, warn, info, debug or trace.', default: 'info' },
  {
    name: 'NIGHTLY_RETRAIN',
    meaning: 'Train every night at 03:17 UTC while no other times are set (true), or only when asked (false).',
    default: 'true',
  },
] as const satisfies readonly Setting[]

export type SettingName = (typeof settings)[number]['name']
export type Env = { readonly [name in SettingName]?: string }

/** The only place that reads the environment. An empty value counts as not set. */
export function readEnv(from: NodeJS.ProcessEnv = process.env): Env {
  const env: { [name: string]: string } = {}
  for (const { name } of settings) {
    const value = from[name]
    if (value !== undefined && value.trim() !== '') env[name] = value.trim()
  }
  return env
}
