import { chown, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Layout } from './layout.ts'
import { PORT } from './layout.ts'
import type { Machine } from './machine.ts'
import { makeOwn } from './place.ts'
import type { RunAs } from './run-as.ts'

/** sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included. */
export const socketPathFits = (folder: string): boolean => Buffer.byteLength(`${folder}/.s.PGSQL.${PORT}`) <= 100

/** The folder of the server's socket: beside the data, or for a long path a fresh one under the temp dir. */
export async function openSocketFolder(to: Layout, machine: Machine, user: RunAs): Promise<string> {
  if (socketPathFits(to.sockets)) return makeOwn(to.sockets, user)
  const folder = await mkdtemp(join(machine.tempDir, 'surety-'))
  if (user.switched) await chown(folder, user.uid, user.gid)
  return folder
}

export async function closeSocketFolder(to: Layout, folder: string): Promise<void> {
  if (folder !== to.sockets && folder !== '') await rm(folder, { recursive: true, force: true })
}
