import { readdir, readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'
import { schemaName } from '../store/db.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { urlOf } from './start-world.ts'

const folder = new URL('../../../../tests/fixtures/v0.1/', import.meta.url)
const read = async (name: string): Promise<string> => {
  const bytes = await readFile(new URL(name, folder))
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** What is known of the data of version 0.1 that lie in `tests/fixtures/v0.1`; `make.ts` there tells how they came about. */
export interface FirstVersion {
  readonly env: {
    readonly TENANT: string
    readonly DATA_KEY: string
    readonly PII_KEY: string
    readonly MODEL_SIGNING_KEY: string
  }
  /** By tenant and role, such as `acme operator`. */
  readonly keys: { readonly [name: string]: string }
  /** When it was stopped. */
  readonly now: string
  /** Cases and decisions by what became of them. */
  readonly cases: { readonly [what: string]: string }
  /** A lead as it was sent. */
  readonly again: { readonly [field: string]: unknown }
  readonly publicKey: string
  /** Rows of each table. */
  readonly counts: { readonly [table: string]: number }
}

/** What a door of 0.1 answered in the end. */
export interface OldAnswer {
  readonly path: string
  readonly key: string
  readonly status: number
  readonly body: unknown
}

export const firstVersion = async (): Promise<FirstVersion> => JSON.parse(await read('fixture.json'))
export const oldAnswers = async (): Promise<readonly OldAnswer[]> => JSON.parse(await read('answers.json.gz'))
/** A receipt, the heads that were signed, digests of records by id, and the fields they are made of. */
export const oldProofs = async () => JSON.parse(await read('proofs.json.gz'))

/** A database as 0.1 left it: its tables under its role, its rows, and those of the queue beside them. */
export async function openFirstVersion(options: { poolSize?: number } = {}): Promise<TestDatabase> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase({ ...options, empty: true }))
  const client = new pg.Client({ connectionString: urlOf(database.address) })
  await client.connect()
  try {
    await client.query(await read('pgboss.sql.gz'))
    await client.query('reset all')
    await client.query(`create schema ${schemaName} authorization ${database.role}`)
    await client.query(`set search_path = ${schemaName}`)
    await client.query(`set role ${database.role}`)
    await client.query(await read('schema.sql'))
    // Only a superuser may fill the tables of all tenants at once.
    await client.query('reset role')
    for (const file of (await readdir(new URL('tables', folder))).sort()) {
      const table = file.slice(0, file.indexOf('.'))
      const lines = (await read(`tables/${file}`)).split('\n')
      await client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
        `[${lines.join(',')}]`,
      ])
    }
  } finally {
    await client.end()
  }
  const open = stack.move()
  return { ...database, [Symbol.asyncDispose]: () => open.disposeAsync() }
}
