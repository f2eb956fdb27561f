import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import type { Layout } from './layout.ts'
import type { RunAs } from './run-as.ts'
import { runProgram } from './run-program.ts'
import type { Tuning } from './settings.ts'

export const SUPERUSER = 'surety_admin'

/** Makes the data folder where there is none. It is built aside and moved, so a half-made one is never met. */
export async function ensureDataFolder(to: Layout, binaries: Binaries, user: RunAs, tuning: Tuning): Promise<boolean> {
  const found = await dataVersion(to.pgdata)
  if (found === binaries.major) return false
  if (found !== undefined) throw new EmbeddedError('version_mismatch', otherVersion(to.place, found, binaries.version))
  for (const name of await readdir(to.place)) {
    if (name.startsWith('pgdata.new-')) await rm(join(to.place, name), { recursive: true, force: true })
  }
  const fresh = `${to.pgdata}.new-${randomBytes(6).toString('hex')}`
  await runInitdb(fresh, binaries, user, tuning)
  await rename(fresh, to.pgdata)
  return true
}

export const dataVersion = (pgdata: string): Promise<string | undefined> =>
  readFile(join(pgdata, 'PG_VERSION'), 'utf8').then(
    text => text.trim(),
    () => undefined,
  )

export const otherVersion = (place: string, found: string, ours: string): string =>
  `The data in ${place} were made by PostgreSQL ${found} and this Surety brings ${ours}: dump them with the Surety that made them and load them here, or set DATABASE_URL.`

async function runInitdb(fresh: string, binaries: Binaries, user: RunAs, tuning: Tuning): Promise<void> {
  const args = ['-D', fresh, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--no-instructions']
  if (tuning === 'replay') args.push('--no-sync', '--no-data-checksums')
  const { ok, output } = await runProgram(user, binaries.initdb, [...args, '--locale=C.UTF-8'])
  if (ok) return
  // Systems older than C.UTF-8 (and macOS) get the same sort order from PostgreSQL itself.
  const builtin = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const again = output.includes('invalid locale name')
    ? await runProgram(user, binaries.initdb, [...args, ...builtin])
    : { ok, output }
  if (again.ok) return
  await rm(fresh, { recursive: true, force: true })
  throw new EmbeddedError('start_failed', initdbFailed(again.output))
}

const initdbFailed = (output: string): string => {
  const line = output.split('\n').find(each => /error|fatal|could not|cannot/i.test(each)) ?? output
  return `PostgreSQL's data folder could not be made (${reasonOf(line)}): make room or choose another data folder, or set DATABASE_URL.`
}
