import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface FreshDatabase extends AsyncDisposable {
  readonly url: string
  readonly version: string
  /** The server's data folder: its processes work there. */
  readonly folder: string
  /** Rows of a table, counted past row-level security. */
  count(table: string): Promise<number>
}

/** A database of its own on the server that `url` names, dropped at the end with everything in it. */
export async function freshDatabase(url: string): Promise<FreshDatabase> {
  const name = `surety_bench_${randomBytes(4).toString('hex')}`
  const own = new URL(url)
  own.pathname = `/${name}`
  const [version = 'unknown', folder = ''] = await once(url, async client => {
    await client.query(`create database ${name}`)
    const settings = ['server_version', 'data_directory']
    const { rows } = await client.query<{ value: string }>(
      'select current_setting(name) as value from unnest($1::text[]) as name',
      [settings],
    )
    return rows.map(row => row.value)
  })
  return {
    url: own.href,
    version: `PostgreSQL ${version.split(' ')[0]}`,
    folder,
    count: table =>
      once(own.href, async client => {
        const { rows } = await client.query<{ n: string }>(`select count(*) as n from ${table}`)
        return Number(rows[0]?.n)
      }),
    async [Symbol.asyncDispose]() {
      await once(url, client => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

async function once<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
