import { readFile, rm, writeFile } from 'node:fs/promises'
import type { Layout } from './layout.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { bootId } from './process-state.ts'
import type { Tuning } from './settings.ts'

/**
 * Without fsync a crash of the machine can leave data that look whole and are not. Replay data that were in use when
 * the machine went down are therefore thrown away: they can be made again, and a wrong report cannot be noticed.
 * @returns whether data were thrown away
 */
export async function dropUnsynced(to: Layout): Promise<boolean> {
  const boot = await readFile(to.boot, 'utf8').catch(() => '')
  const left = await readPostmasterFile(to.pgdata)
  if (boot === '' || left === undefined || boot === (await bootId())) return false
  await rm(to.pgdata, { recursive: true, force: true })
  await rm(to.boot, { force: true })
  return true
}

/** Notes at start that the data are unsynced from this boot on; a durable start after a clean stop lifts that. */
export async function markUnsynced(to: Layout, tuning: Tuning): Promise<void> {
  await rm(to.boot, { force: true })
  if (tuning === 'replay') await writeFile(to.boot, await bootId(), { flag: 'wx' })
}
