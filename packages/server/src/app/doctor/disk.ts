import { stat, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { bad, type Finding, good } from './check.ts'

/** Below this much free space the data folder counts as full (docs/operations.md, "Disk"); megabytes of a million bytes. */
export const leastFreeMb = { withDatabase: 1_000, withoutDatabase: 100 } as const

/** @param leastMb what has to be free where `folder` lies, or will lie */
export async function diskCheck(folder: string, leastMb: number): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearest(resolve(folder)))
  const freeMb = Math.floor((bavail * bsize) / 1e6)
  return freeMb >= leastMb
    ? good(`${freeMb} MB are free for ${folder}.`)
    : bad(`Only ${freeMb} MB are free for ${folder}; ${leastMb} are wanted.`, 'make room; docs/operations.md, "Disk"')
}

/** The folder itself, or the nearest one above it that exists. */
async function nearest(folder: string): Promise<string> {
  const there = await stat(folder).then(
    () => true,
    () => false,
  )
  return there || folder === dirname(folder) ? folder : nearest(dirname(folder))
}
