import { chown, lstat, mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Layout } from './layout.ts'
import { PORT } from './layout.ts'
import type { Machine } from './machine.ts'
import { makeOwn } from './place.ts'
import type { PostmasterFile } from './postmaster-file.ts'
import type { RunAs } from './run-as.ts'

/** sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included. */
export const socketPathFits = (folder: string): boolean => Buffer.byteLength(`${folder}/.s.PGSQL.${PORT}`) <= 100

/** The folder of the server's socket: beside the data, or for a long path a fresh one under the temp dir. */
export async function openSocketFolder(to: Layout, machine: Machine, user: RunAs): Promise<string> {
  if (socketPathFits(to.sockets)) {
    const sockets = await makeOwn(to.sockets, user)
    // We hold the folder and no server runs: a socket lock here is a dead one, whoever has its pid today.
    await removeSocket(to, { sockets, port: PORT })
    return sockets
  }
  const folder = await mkdtemp(join(machine.tempDir, 'surety-'))
  if (user.switched) await chown(folder, user.uid, user.gid)
  return folder
}

/** A folder that was opened before and may have gone with its socket. Below the temp dir anybody may make one of its name: that is not ours. */
export async function openSameFolder(folder: string, user: RunAs): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
    if (user.switched) await chown(folder, user.uid, user.gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const { uid } = await lstat(folder)
    if (uid !== user.uid) throw new Error(`${folder} belongs to somebody else`)
  }
}

/** Removes what a stopped or killed server left: its socket, and the folder if it was made for this one start. */
export async function removeSocket(
  to: Layout,
  { sockets, port }: Pick<PostmasterFile, 'sockets' | 'port'>,
): Promise<void> {
  if (sockets === '') return
  await rm(join(sockets, `.s.PGSQL.${port}`), { force: true })
  await rm(join(sockets, `.s.PGSQL.${port}.lock`), { force: true })
  if (sockets !== to.sockets && /^surety-\w{6}$/.test(basename(sockets))) await rmdir(sockets).catch(() => undefined)
}
