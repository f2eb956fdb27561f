import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

const entry = join(dirname(fileURLToPath(import.meta.url)), '../../bin/surety.js')

/** A Surety in a process of its own, as an operator starts it, that can be killed without mercy. */
export interface Server extends AsyncDisposable {
  /** True when the lead was acknowledged with 200. */
  send(externalId: string): Promise<boolean>
  kill(): void
  restart(): Promise<void>
  decisionsPerEvent(): Promise<Map<string, number>>
  /** What `surety verify --receipts` says of a tenant. */
  verifyReceipts(tenant: string): ReceiptsState
}

interface ReceiptsState {
  readonly tenant: string
  readonly ok: boolean
  readonly chains: number
  readonly links: number
  readonly records: number
  readonly unsigned: number
  readonly problems: readonly string[]
}

export async function startServer(options: { databaseUrl: string | null; tree: boolean }): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-kill-'))
  const database = `surety_kill_${randomBytes(5).toString('hex')}`
  if (options.databaseUrl !== null) await administer(options.databaseUrl, `create database ${database}`)
  const ownUrl = options.databaseUrl === null ? null : withDatabase(options.databaseUrl, database)
  const env = {
    ...process.env,
    DATA_DIR: dataDir,
    PORT: '0',
    LOG_LEVEL: 'fatal',
    ...(ownUrl === null ? { DATABASE_URL: '' } : { DATABASE_URL: ownUrl }),
  }
  let child: ChildProcess
  let url = ''
  let agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const start = async (): Promise<string> => {
    child = spawn(process.execPath, [entry, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const text = await untilListening(child)
    url = /listens on (\S+)/.exec(text)?.[1] ?? ''
    agent = new Agent({ keepAlive: true, maxSockets: 256 })
    return text
  }
  await start()
  const made = execFileSync(
    process.execPath,
    [entry, 'keys', 'create', '--tenant', 'main', '--role', 'operator', '--limit', 'leads=1000000000'],
    { env, encoding: 'utf8' },
  )
  const { key } = JSON.parse(made) as { key: string }

  return {
    send: externalId => send(url, agent, key, externalId),
    kill() {
      // Together, so that the database has no moment to notice that its client is gone.
      const pids = options.tree ? [child.pid!, ...databaseProcesses(dataDir)] : [child.pid!]
      for (const pid of pids) killNow(pid)
    },
    async restart() {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      agent.destroy()
      await start()
    },
    async decisionsPerEvent() {
      const client = new pg.Client(ownUrl === null ? socketOf(dataDir) : { connectionString: ownUrl })
      await client.connect()
      try {
        await client.query(`select set_config('surety.tenants', 'main', false)`)
        const { rows } = await client.query<{ event_id: string; n: string }>(
          'select event_id, count(*) as n from surety.decisions group by event_id',
        )
        return new Map(rows.map(row => [row.event_id, Number(row.n)]))
      } finally {
        await client.end()
      }
    },
    verifyReceipts(tenant) {
      const { stdout } = spawnSync(process.execPath, [entry, 'verify', '--receipts'], { env, encoding: 'utf8' })
      const { receipts } = JSON.parse(stdout) as { receipts: readonly ReceiptsState[] }
      const state = receipts.find(one => one.tenant === tenant)
      if (state === undefined) throw new Error(`nothing was said of tenant ${tenant}`)
      return state
    },
    async [Symbol.asyncDispose]() {
      agent.destroy()
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      if (options.databaseUrl !== null)
        await administer(options.databaseUrl, `drop database if exists ${database} with (force)`)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function untilListening(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout!) {
    text += String(chunk)
    if (text.includes('listens on')) {
      child.stdout!.resume()
      child.stderr!.resume()
      return text
    }
  }
  let why = ''
  for await (const chunk of child.stderr!) why += String(chunk)
  throw new Error(`the server did not start: ${text}${why}`)
}

function send(url: string, agent: Agent, key: string, externalId: string): Promise<boolean> {
  const body = JSON.stringify({
    name: 'Jane Doe',
    email: `${externalId}@example.invalid`,
    details: 'need an estimate',
    external_id: externalId,
  })
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/v1/lead`,
      { method: 'POST', agent, headers: { 'x-api-key': key, 'content-type': 'application/json' }, timeout: 20_000 },
      response => {
        response.resume()
        response.on('end', () => resolve(response.statusCode === 200))
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.end(body)
  })
}

function socketOf(dataDir: string): pg.ClientConfig {
  return JSON.parse(readFileSync(join(dataDir, 'database.json'), 'utf8')) as pg.ClientConfig
}

/** The postmaster of the embedded database and its children. */
function databaseProcesses(dataDir: string): number[] {
  const { host } = socketOf(dataDir) as { host: string }
  const lock = join(host, '.s.PGSQL.5432.lock')
  if (!existsSync(lock)) return []
  const postmaster = Number(readFileSync(lock, 'utf8').split('\n')[0])
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' })
  return [
    postmaster,
    ...children
      .split('\n')
      .map(Number)
      .filter(pid => pid > 0),
  ]
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

const withDatabase = (text: string, database: string): string => {
  const url = new URL(text)
  url.pathname = `/${database}`
  return url.href
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
