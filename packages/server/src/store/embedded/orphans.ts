import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { answersAs } from './accounts.ts'
import { EmbeddedError } from './embedded-error.ts'
import type { Layout } from './layout.ts'
import { type PostmasterFile, readPostmasterFile, readPostmasterOptions } from './postmaster-file.ts'
import { isAlive, processesIn, signal, until } from './process-state.ts'
import { stopPostmaster } from './server.ts'
import { removeSocket } from './sockets.ts'

/**
 * What an earlier Surety that was killed left running in the data folder: the server itself to be adopted, or nothing
 * any more. Adopted only when it was started exactly as we would start it, else stopped; never two on one folder.
 */
export async function settleOrphans(
  to: Layout,
  version: string,
  wantedOptions: (sockets: string) => string,
): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(to.pgdata)
  if (file === undefined) return undefined
  if (await isServerOf(file.pid, to.pgdata)) {
    await until(async () => (await readPostmasterFile(to.pgdata))?.ready === true || !(await isAlive(file.pid)), 30_000)
    const now = await readPostmasterFile(to.pgdata)
    const same = (await readPostmasterOptions(to.pgdata)) === wantedOptions(file.sockets)
    if (now?.ready && same && (await answersAs(now.sockets, now.port, version))) return now
    await stopPostmaster(file.pid)
  }
  await clearRemains(to, file)
  return undefined
}

/** Children of a killed server notice within moments; a busy one may need to be told. */
async function clearRemains(to: Layout, file: PostmasterFile): Promise<void> {
  const gone = async () => (await processesIn(to.pgdata)).length === 0
  for (const [name, waitMs] of [
    ['SIGCONT', 5000],
    ['SIGQUIT', 3000],
    ['SIGKILL', 3000],
  ] as const) {
    for (const pid of await processesIn(to.pgdata)) signal(pid, name)
    if (await until(gone, waitMs)) {
      await rm(join(to.pgdata, 'postmaster.pid'), { force: true })
      await removeSocket(to, file)
      return
    }
  }
  const pids = (await processesIn(to.pgdata)).join(', ')
  throw new EmbeddedError(
    'in_use',
    `Processes ${pids} of an earlier PostgreSQL still hold ${to.pgdata}: end them and start again.`,
  )
}

/** The pid in the file may since belong to anyone: only a process that works in this folder is the server. */
async function isServerOf(pid: number, pgdata: string): Promise<boolean> {
  if (process.platform === 'linux') return (await processesIn(pgdata)).includes(pid)
  return isAlive(pid)
}
