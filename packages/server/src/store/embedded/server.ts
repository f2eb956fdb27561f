import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, readFile, rename, stat } from 'node:fs/promises'
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

async function openLog(path: string) {
  const size = await stat(path).then(
    found => found.size,
    () => 0,
  )
  if (size > LOG_LIMIT_BYTES) await rename(path, `${path}.1`)
  // The folder belongs to the server's user, so root must not follow a link laid there.
  return open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
}

async function whyNot(to: Layout, from: number, ended: string): Promise<string> {
  const text = (await readFile(to.log)).subarray(from).toString('utf8')
  const line = text.split('\n').find(each => /FATAL|PANIC|error/i.test(each)) ?? ended
  const reason = reasonOf(line.replace(/^.*?(FATAL|PANIC|ERROR):\s*/, ''))
  return `The embedded PostgreSQL did not start (${reason}): ${to.log} has the details, surety doctor looks for the cause, and DATABASE_URL takes a server of yours instead.`
}
