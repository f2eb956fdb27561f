import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import type { Layout } from './layout.ts'
import { type PostmasterFile, readPostmasterFile } from './postmaster-file.ts'
import { isAlive, signal, until } from './process-state.ts'
import type { RunAs } from './run-as.ts'
import { spawnAs } from './run-program.ts'

const LOG_LIMIT_BYTES = 5_000_000

/**
 * Starts the server in a session of its own: Ctrl-C in the terminal reaches Surety alone, which stops it in order.
 * @returns when it accepts connections
 */
export async function startServer(
  to: Layout,
  program: string,
  args: readonly string[],
  user: RunAs,
): Promise<PostmasterFile> {
  const log = await openLog(to.log)
  let ended: string | undefined
  let pid: number | undefined
  try {
    const from = (await log.stat()).size
    const child = spawn(program, args, { ...spawnAs(user), detached: true, stdio: ['ignore', log.fd, log.fd] })
    child.unref()
    child.on('error', error => (ended = error.message))
    child.on('exit', (code, name) => (ended = `ended with ${name ?? `code ${code}`}`))
    pid = child.pid
    const ready = async () => {
      const file = await readPostmasterFile(to.pgdata)
      return ended !== undefined || (file?.pid === pid && file?.ready === true)
    }
    const inTime = await until(ready, 120_000)
    const file = await readPostmasterFile(to.pgdata)
    if (inTime && ended === undefined && file !== undefined) return file
    if (pid !== undefined && ended === undefined) await stopPostmaster(pid)
    throw new EmbeddedError('start_failed', await whyNot(to, from, ended ?? 'not ready after two minutes'))
  } finally {
    await log.close()
  }
}

/** Fast stop: sessions are ended, a checkpoint is written. Immediate and kill only if that does not come to an end. */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const [name, waitMs] of [
    ['SIGINT', 60_000],
    ['SIGQUIT', 5000],
    ['SIGKILL', 5000],
  ] as const) {
    signal(pid, name)
    if (await until(async () => !(await isAlive(pid)), waitMs)) return
  }
}

/** The folder belongs to the server's user, so root must not follow a link laid there. */
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

async function openLog(path: string) {
  await boundLog(path)
  return open(path, appending, 0o600)
}

/**
 * Of what is too long the newest part becomes `server.log.1`, and it begins anew. The server goes on writing into the file that it
 * was handed, at its end: so the file is copied and emptied. A line that comes in between is lost.
 */
export async function boundLog(path: string, limitBytes = LOG_LIMIT_BYTES): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  if (size <= limitBytes) return
  const log = await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    const newest = Buffer.alloc(limitBytes)
    const { bytesRead } = await log.read(newest, 0, limitBytes, size - limitBytes)
    await rm(`${path}.1`, { force: true })
    await writeFile(`${path}.1`, newest.subarray(0, bytesRead), { flag: 'wx', mode: 0o600 })
    await log.truncate(0)
  } finally {
    await log.close()
  }
}

async function whyNot(to: Layout, from: number, ended: string): Promise<string> {
  const text = (await readFile(to.log)).subarray(from).toString('utf8')
  const line = text.split('\n').find(each => /FATAL|PANIC|error/i.test(each)) ?? ended
  const reason = reasonOf(line.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, ''))
  return `The embedded PostgreSQL did not start (${reason}): ${to.log} has the details, surety doctor looks for the cause, and DATABASE_URL takes a server of yours instead.`
}
