import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { clientConfig, type DbAddress, schemaName } from './db.ts'
import { foreignTables } from './foreign-tables.ts'
import { first } from './migrations/0001-first.ts'
import { autonomy } from './migrations/0002-autonomy.ts'
import { labelRule } from './migrations/0003-label-rule.ts'
import { calibrationRowsByCase } from './migrations/0004-calibration-rows-by-case.ts'
import { inboxDoors } from './migrations/0005-inbox-doors.ts'
import { tasks } from './migrations/0007-tasks.ts'
import { standingFigures } from './migrations/0012-standing-figures.ts'
import { actedEvidence } from './migrations/0013-acted-evidence.ts'
import { grants } from './migrations/0014-grants.ts'
import { oneRule } from './migrations/0015-one-rule.ts'
import { labelsReadAgain } from './migrations/0016-labels-read-again.ts'
import { outcomesByCase } from './migrations/0017-outcomes-by-case.ts'
import { rateTotals } from './migrations/0018-rate-totals.ts'
import { blinded } from './migrations/0019-blinded.ts'
import { questions } from './migrations/0020-questions.ts'
import { record2 } from './migrations/0021-record-2.ts'
import { entities } from './migrations/0022-entities.ts'
import { recentEventKeys } from './migrations/0024-recent-event-keys.ts'
import { groups } from './migrations/0025-groups.ts'
import { decisionState } from './migrations/0026-decision-state.ts'
import { inboxDecisions } from './migrations/0027-inbox-decisions.ts'
import { outboxOfDecisions } from './migrations/0028-outbox-of-decisions.ts'
import { decisionsByQuestion } from './migrations/0029-decisions-by-question.ts'
import { evaluations } from './migrations/0030-evaluations.ts'
import { cases } from './migrations/0031-cases.ts'
import { ticks } from './migrations/0033-ticks.ts'
import { casesFound } from './migrations/0034-cases-found.ts'
import { versionsOfAnswers } from './migrations/0035-versions-of-answers.ts'
import { casesJoinable } from './migrations/0036-cases-joinable.ts'
import { outcomesOfQuestions } from './migrations/0037-outcomes-of-questions.ts'
import { learningRuns } from './migrations/0038-learning-runs.ts'
import { findingsByGroup } from './migrations/0039-findings-by-group.ts'
import { onceActs } from './migrations/0040-once-acts.ts'
import { whoTold } from './migrations/0041-who-told.ts'
import { learningRunsConfirmed } from './migrations/0042-learning-runs-confirmed.ts'
import { silence } from './migrations/0043-silence.ts'
import { firstCertificates } from './migrations/0044-first-certificates.ts'
import { record } from './migrations/0045-record.ts'
import { predictions } from './migrations/0046-predictions.ts'
import { watchedActs } from './migrations/0047-watched-acts.ts'
import { inboxDraws } from './migrations/0048-inbox-draws.ts'
import { installationKeys } from './migrations/0049-installation-keys.ts'
import { auditSignedHeads } from './migrations/0050-audit-signed-heads.ts'
import { erasure } from './migrations/0051-erasure.ts'
import { sealedAnswers } from './migrations/0052-sealed-answers.ts'
import { keyQuotas } from './migrations/0053-key-quotas.ts'
import { mergeSearchWords } from './migrations/0054-merge-search-words.ts'
import { rotatedKeys } from './migrations/0055-rotated-keys.ts'
import { ownClient } from './own-client.ts'

const migrations = [
  first,
  autonomy,
  labelRule,
  calibrationRowsByCase,
  inboxDoors,
  tasks,
  standingFigures,
  actedEvidence,
  grants,
  oneRule,
  labelsReadAgain,
  outcomesByCase,
  rateTotals,
  blinded,
  questions,
  record2,
  entities,
  recentEventKeys,
  groups,
  decisionState,
  inboxDecisions,
  outboxOfDecisions,
  decisionsByQuestion,
  evaluations,
  cases,
  ticks,
  casesFound,
  versionsOfAnswers,
  casesJoinable,
  outcomesOfQuestions,
  learningRuns,
  findingsByGroup,
  onceActs,
  whoTold,
  learningRunsConfirmed,
  silence,
  firstCertificates,
  record,
  predictions,
  watchedActs,
  inboxDraws,
  installationKeys,
  auditSignedHeads,
  erasure,
  sealedAnswers,
  keyQuotas,
  mergeSearchWords,
  rotatedKeys,
]

/** Changes whenever a migration does: names the template of test databases. */
export const migrationsFingerprint = createHash('sha256')
  .update(migrations.map(m => m.sql).join('\n'))
  .digest('hex')
  .slice(0, 10)

/**
 * Row-level security keeps an index on `search` from being used unless the operator `@@` is known to leak nothing.
 * Only a superuser can say so; without one, search reads the newest rows of the tenant (docs/decisions/0009).
 */
export const indexableSearch = 'alter function pg_catalog.ts_match_vq(tsvector, tsquery) leakproof'

export async function allowIndexedSearch(superuser: DbAddress): Promise<void> {
  const client = ownClient(clientConfig(superuser, null))
  await client.connect()
  try {
    await client.query(indexableSearch)
  } finally {
    await client.end()
  }
}

/** The plain role that takes over when the login is a superuser, who would bypass row-level security. */
export const plainRole = 'surety_app'

/** A number of ours for the lock that lets one process migrate at a time. */
const migrationLock = 7_283_645

/** An index on much data takes as long as it takes; 24 days is what a timer can hold. */
const noHurryMs = 2 ** 31 - 1
const lockTriesMs = 100
/** Whoever waits for another process is told so this often. */
const triesPerWord = 100
/** Everybody else queues behind a migration that waits for a table: it lets them by after this long and tries again. */
const lockPatience = '5s'
const lockNotAvailable = '55P03'
const betweenTriesMs = 1000
/** Somebody who holds a table this long is a matter for the operator. */
const mostTries = 100

/**
 * Brings the database to the newest tables, forward only, one process at a time.
 * @param onWait called at once and every ten seconds while another process migrates
 * @returns the role that every connection must use: null when the login itself is a plain role.
 */
export async function migrate(
  address: DbAddress,
  onWait: () => void = () => {},
): Promise<{ role: string | null; applied: readonly string[] }> {
  const role = await settleRole(address, onWait)
  const client = ownClient(clientConfig(address, role))
  await client.connect()
  try {
    await takeLock(client, onWait)
    if (role !== null) await refuseForeignTables(client)
    await client.query(
      `create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())`,
    )
    const { rows } = await client.query<{ name: string }>('select name from migrations')
    const done = new Set(rows.map(row => row.name))
    const known = new Set<string>(migrations.map(migration => migration.name))
    const foreign = [...done].filter(name => !known.has(name))
    if (foreign.length > 0)
      throw new Error(
        `This database was migrated by a newer Surety (${foreign.join(', ')}); start that version, or restore a backup.`,
      )
    const applied: string[] = []
    for (const migration of migrations) {
      if (done.has(migration.name)) continue
      await apply(client, migration)
      applied.push(migration.name)
    }
    return { role, applied }
  } finally {
    await client.end()
  }
}

/** @throws where the tables are another's, who alone may change them */
async function refuseForeignTables(client: pg.Client): Promise<void> {
  const why = await foreignTables(client)
  if (why !== null) throw new Error(why)
}

/** Asked again and again: one long wait for the lock could not be told from a server that stands still. */
async function takeLock(client: pg.Client, onWait: () => void): Promise<void> {
  for (let tries = 0; ; tries++) {
    const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${migrationLock}) as taken`)
    if (rows[0]?.taken) return
    if (tries % triesPerWord === 0) onWait()
    await wait(lockTriesMs)
  }
}

async function apply(client: pg.Client, { name, sql }: { name: string; sql: string }): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await client.query('begin')
      await client.query(`set local lock_timeout = '${lockPatience}'; set local statement_timeout = 0`)
      await client.query({ text: sql, query_timeout: noHurryMs } as pg.QueryConfig)
      await client.query('insert into migrations (name) values ($1)', [name])
      await client.query('commit')
      return
    } catch (error) {
      await client.query('rollback').catch(() => {})
      if ((error as { code?: unknown }).code !== lockNotAvailable || tries === mostTries) throw error
      await wait(betweenTriesMs)
    }
  }
}

async function settleRole(address: DbAddress, onWait: () => void): Promise<string | null> {
  const client = ownClient(clientConfig(address, null))
  await client.connect()
  try {
    await takeLock(client, onWait)
    const { rows } = await client.query<{ bypasses: boolean; superuser: boolean; version: number }>(
      `select rolsuper or rolbypassrls as bypasses, rolsuper as superuser, current_setting('server_version_num')::int as version from pg_roles where rolname = current_user`,
    )
    const login = rows[0]
    if (login === undefined) throw new Error('The database does not know the role of this connection.')
    if (login.version < 150_000)
      throw new Error(
        `Surety needs PostgreSQL 15 or newer; this server is version ${Math.floor(login.version / 10_000)}.`,
      )
    if (!login.bypasses) {
      await refuseForeignTables(client)
      await client.query(`create schema if not exists ${schemaName}`)
      return null
    }
    await client.query(`do $$ begin
      if not exists (select from pg_roles where rolname = '${plainRole}') then create role ${plainRole} nologin; end if;
    end $$`)
    await client.query(`create schema if not exists ${schemaName} authorization ${plainRole}`)
    if (login.superuser) await client.query(indexableSearch)
    await client.query(
      `do $$ begin execute format('grant create, connect, temporary on database %I to ${plainRole}', current_database()); end $$`,
    )
    return plainRole
  } finally {
    await client.end()
  }
}
