import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { Env, SettingName } from './env.ts'

export interface Config {
  readonly port: number
  readonly host: string
  readonly databaseUrl: string | null
  /** The same database as the owner of the tables; null: `databaseUrl` logs in as the owner. */
  readonly migrateUrl: string | null
  /** Milliseconds. */
  readonly databaseSilenceMs: number
  readonly dataDir: string
  readonly tenant: string
  readonly secrets: SecretTexts
  readonly modelTrustedKeys: string
  readonly modelPath: string
  readonly minAuc: number
  readonly threshold: number
  readonly outcomeWindowDays: number
  readonly enrichment: boolean
  readonly memory: boolean
  readonly memoryTtlDays: number
  readonly contactTtlDays: number
  readonly recordTtlDays: number
  readonly metricsToken: string | null
  /** Without a token /metrics answers anybody: only in development, and only on this machine. */
  readonly metricsOpen: boolean
  readonly corsOrigins: readonly string[]
  /** Addresses and networks of proxies whose `x-forwarded-for` is believed. */
  readonly trustedProxies: readonly string[]
  readonly devOpenLoopback: boolean
  readonly production: boolean
  readonly logLevel: string
  readonly nightlyRetrain: boolean
  /** Names of the pods that are served; null: all. */
  readonly pods: readonly string[] | null
}

/** Secrets as given; null: taken from, or generated into, the data folder. */
export interface SecretTexts {
  readonly dataKeys: readonly string[] | null
  readonly piiKey: string | null
  readonly modelSigningKey: string | null
}

/** A bad value: one clear sentence with the name, what was given (unless secret) and what is accepted. */
export class ConfigError extends Error {}

/** Builds and cross-checks the whole configuration. Pure. @throws ConfigError at the first fault. */
export function buildConfig(env: Env): Config {
  const production = flag(env, 'PRODUCTION', false)
  const host = env.HOST ?? '127.0.0.1'
  const devOpenLoopback = flag(env, 'DEV_OPEN_LOOPBACK', false)
  const corsOrigins = list(env.CORS_ORIGINS)
  const dataDir = resolve(env.DATA_DIR ?? '.surety')
  if (devOpenLoopback && !loopback.has(host))
    throw new ConfigError(
      `DEV_OPEN_LOOPBACK opens the API without a key and is only allowed when HOST is a loopback address; HOST is ${host}.`,
    )
  if (devOpenLoopback && production) throw new ConfigError('DEV_OPEN_LOOPBACK cannot be true when PRODUCTION is true.')
  if (production && corsOrigins.includes('*'))
    throw new ConfigError('CORS_ORIGINS must name origins when PRODUCTION is true; it is *.')
  for (const name of ['DATABASE_URL', 'MIGRATE_URL'] as const)
    if (env[name] !== undefined && !/^postgres(ql)?:\/\//.test(env[name]))
      throw new ConfigError(`${name} must begin with postgres:// or postgresql://.`)
  if (env.MIGRATE_URL !== undefined && env.DATABASE_URL === undefined)
    throw new ConfigError(
      'MIGRATE_URL names the owner of the tables beside DATABASE_URL, which is not set: the embedded PostgreSQL has one login.',
    )
  return {
    port: whole(env, 'PORT', 8000, 0, 65_535),
    host,
    databaseUrl: env.DATABASE_URL ?? null,
    migrateUrl: env.MIGRATE_URL ?? null,
    databaseSilenceMs: 1_000 * whole(env, 'DATABASE_SILENCE_SECONDS', 5, 1, 60),
    dataDir,
    tenant: tenantName(env.TENANT ?? 'main'),
    secrets: {
      dataKeys: env.DATA_KEY === undefined ? null : list(env.DATA_KEY).map(text => key32('DATA_KEY', text)),
      piiKey: env.PII_KEY === undefined ? null : key32('PII_KEY', env.PII_KEY),
      modelSigningKey: env.MODEL_SIGNING_KEY ?? null,
    },
    modelTrustedKeys: env.MODEL_TRUSTED_KEYS ?? '',
    modelPath: resolve(env.MODEL_PATH ?? `${dataDir}/model.json`),
    minAuc: share(env, 'MIN_AUC', 0.65),
    threshold: share(env, 'FOLLOWUP_RULE_TOP_P', 0.7),
    outcomeWindowDays: whole(env, 'OUTCOME_WINDOW_DAYS', 30, 0, 3_650),
    enrichment: flag(env, 'ENABLE_ENRICHMENT', true),
    memory: flag(env, 'ENABLE_MEMORY', true),
    memoryTtlDays: whole(env, 'MEMORY_TTL_DAYS', 180, 0, 36_500),
    contactTtlDays: whole(env, 'CONTACT_TTL_DAYS', 365, 0, 36_500),
    recordTtlDays: whole(env, 'RECORD_TTL_DAYS', 730, 0, 36_500),
    metricsToken: env.METRICS_TOKEN ?? null,
    metricsOpen: env.METRICS_TOKEN === undefined && !production && loopback.has(host),
    corsOrigins,
    trustedProxies: list(env.TRUSTED_PROXIES).map(network),
    devOpenLoopback,
    production,
    logLevel: oneOf(env, 'LOG_LEVEL', 'info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace']),
    nightlyRetrain: flag(env, 'NIGHTLY_RETRAIN', true),
    pods: env.PODS === undefined ? null : list(env.PODS),
  }
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])
const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')

function flag(env: Env, name: SettingName, otherwise: boolean): boolean {
  const text = env[name]
  if (text === undefined) return otherwise
  if (text === 'true' || text === 'false') return text === 'true'
  throw new ConfigError(`${name} must be true or false; it is ${JSON.stringify(text)}.`)
}

function whole(env: Env, name: SettingName, otherwise: number, least: number, most: number): number {
  const text = env[name]
  if (text === undefined) return otherwise
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new ConfigError(`${name} must be a whole number from ${least} to ${most}; it is ${JSON.stringify(text)}.`)
}

function share(env: Env, name: SettingName, otherwise: number): number {
  const text = env[name]
  if (text === undefined) return otherwise
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0 && value <= 1) return value
  throw new ConfigError(`${name} must be a number from 0 to 1; it is ${JSON.stringify(text)}.`)
}

function oneOf(env: Env, name: SettingName, otherwise: string, words: readonly string[]): string {
  const text = env[name] ?? otherwise
  if (words.includes(text)) return text
  throw new ConfigError(`${name} must be one of ${words.join(', ')}; it is ${JSON.stringify(text)}.`)
}

/** `10.0.0.0/8`, or one address. The whole of the internet is no proxy: everybody could write the header then. */
function network(text: string): string {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  const most = version === 6 ? 128 : 32
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most)
  if (version !== 0 && !address.includes('%') && fits && more.length === 0) return text
  throw new ConfigError(
    `TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8, by commas; it holds ${JSON.stringify(text.slice(0, 80))}.`,
  )
}

/** The tenant setting of a transaction separates names by commas, so a name holds letters, digits, dot, dash, underscore. */
export function tenantName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(text)) return text
  throw new ConfigError(
    `TENANT must be 1 to 63 letters, digits, dots, dashes or underscores; it is ${JSON.stringify(text.slice(0, 80))}.`,
  )
}

function key32(name: string, text: string): string {
  if (Buffer.from(text, 'base64').length === 32) return text
  throw new ConfigError(
    `${name} must be base64 of 32 bytes (openssl rand -base64 32); what was given has another length.`,
  )
}
