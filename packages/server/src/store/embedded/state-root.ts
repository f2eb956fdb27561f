import { chmod, lstat, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EmbeddedError, reasonOf } from './embedded-error.ts'
import type { Machine } from './machine.ts'

/**
 * The folder outside the clone for binaries and data that the server's user could not reach inside it. Only a folder
 * of ours that nobody else may write to counts: the temp area is open to everyone, and a name there can be squatted.
 */
export async function openStateRoot(machine: Machine): Promise<string> {
  const refusals: string[] = []
  for (const root of machine.stateRoots) {
    const refusal = await claim(root, machine.uid)
    if (refusal === '') return root
    refusals.push(refusal)
  }
  throw new EmbeddedError(
    'not_writable',
    `No safe folder for PostgreSQL's files (${refusals.join('; ')}): make ${machine.stateRoots[0]} writable for user id ${machine.uid} or set DATABASE_URL.`,
  )
}

async function claim(root: string, uid: number): Promise<string> {
  try {
    await mkdir(dirname(root), { recursive: true })
    await mkdir(root, { mode: 0o700 })
    // Passable for the server's user whatever the umask; what lies inside guards itself.
    await chmod(root, 0o711)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') return reasonOf(error)
  }
  return (await isSafelyOurs(root, uid)) ? '' : `${root} belongs to somebody else or others may write to it`
}

export async function isSafelyOurs(folder: string, uid: number): Promise<boolean> {
  const found = await lstat(folder)
  return found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0
}
