import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type FreshDatabase, freshDatabase } from '../line/fresh-database.ts'

/** What a line is asked to do: so many callers with batches of a size, or, with `perSecond`, one event after another. */
export interface Job {
  readonly seconds: number
  readonly callers: number
  readonly size: number
  readonly perSecond: number | null
}

export interface Report {
  readonly events: number
  readonly findings: number
  readonly decisions: number
  readonly seconds: number
  /** Until a batch, or an event, was answered. */
  readonly ms: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number }
}

export interface Spent {
  /** Processor time of the service. Where it makes its own events, a few microseconds of each are theirs. */
  readonly nodeUs: number
  /** Processor time of the processes that served its connections. */
  readonly postgresUs: number
  /** Written to the log. */
  readonly logBytes: number
  /** Cores that neither of them used. */
  readonly otherCores: number
}

export type Measured = Report & Spent

/** A line under load. */
export interface Line {
  readonly name: string
  readonly database: FreshDatabase
  readonly sql: pg.Client
  readonly url: string
  readonly key: string
  run(job: Job): Promise<Measured>
  /** The same of load that comes from outside. */
  watch<Done extends { readonly seconds: number }>(work: () => Promise<Done>): Promise<Done & Spent>
}

/** The service of a checkout on a fresh database, its thermostats set up. */
const more = (process.env['SURETY_NODE_ARGS'] ?? '').split(' ').filter(word => word !== '')

export async function openLine(
  name: string,
  root: string,
  serverUrl: string,
  stack: AsyncDisposableStack,
): Promise<Line> {
  const database = stack.use(await freshDatabase(serverUrl))
  const child = fork(join(root, 'bench/state/line.ts'), {
    env: { ...process.env, DATABASE_URL: database.url },
    execArgv: [...flagsOf(root), ...more],
  })
  const exited = once(child, 'exit')
  stack.defer(async () => {
    if (child.connected) child.send('end')
    await exited
  })
  const answer = async <T>(): Promise<T> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => {
        throw new Error(`the line ${name} ended with ${code}`)
      }),
    ])
    return message as T
  }
  const opened = await answer<{ url: string; key: string }>()
  const sql = new pg.Client(database.url)
  await sql.connect()
  stack.defer(() => sql.end())
  const spent = async () => {
    const { rows } = await sql.query<{ pid: number; bytes: string }>(
      `select pid, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as bytes from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    )
    const pids = rows.map(row => row.pid)
    return {
      node: processUs(child.pid!),
      postgres: sum(pids.map(processUs)),
      bytes: Number(rows[0]!.bytes),
      busy: busyUs(),
    }
  }
  const watch: Line['watch'] = async work => {
    const before = await spent()
    const own = process.cpuUsage()
    const done = await work()
    const { user, system } = process.cpuUsage(own)
    const after = await spent()
    const [nodeUs, postgresUs] = [after.node - before.node, after.postgres - before.postgres]
    const others = after.busy - before.busy - nodeUs - postgresUs - user - system
    return {
      ...done,
      nodeUs,
      postgresUs,
      logBytes: after.bytes - before.bytes,
      otherCores: others / 1e6 / done.seconds,
    }
  }
  return {
    name,
    database,
    sql,
    ...opened,
    watch,
    run: job =>
      watch(() => {
        child.send(job)
        return answer<Report>()
      }),
  }
}

/** Those that `surety start` of this checkout gives its process. */
function flagsOf(root: string): readonly string[] {
  const [, flags = ''] = /^const serverFlags = \[(.*)\]/m.exec(readFileSync(join(root, 'bin/surety.js'), 'utf8')) ?? []
  return [...flags.matchAll(/'(.*?)'/g)].map(([, flag]) => flag!)
}

/** Of all its threads, as the scheduler counts it. */
function processUs(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return (
      sum(threads.map(one => Number(readFileSync(`/proc/${pid}/task/${one}/schedstat`, 'utf8').split(' ')[0]))) / 1000
    )
  } catch {
    return 0
  }
}

/** Of everything that runs here: user, nice, system, irq and softirq. */
function busyUs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .replace(/^cpu +/, '')
    .split(' ')
    .map(Number)
  return (user + nice + system + irq + softirq) * 10_000
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0)
