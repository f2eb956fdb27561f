import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** What a run of the suite "all" was seen to need at most is a third of it. */
const roomNeeded = 4 * 2 ** 30

/**
 * A folder for all that a run makes, which goes away with it. In memory where there is room: a database is more than 500 files,
 * and a disk takes up to a millisecond to make each.
 * @param onDisk what is to reach the disk is written there
 */
export async function scratchFolder(onDisk: boolean): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(!onDisk && (await hasRoom()) ? memory : tmpdir(), 'surety-test-'))
  // Whoever runs the server for root has to come through.
  await chmod(path, 0o711)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function hasRoom(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(memory)
    return Math.min(bavail * bsize, process.availableMemory()) >= roomNeeded
  } catch {
    return false
  }
}
