import { access, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { addressFile } from './layout.ts'
import type { Machine } from './machine.ts'
import { existingPlace, expectedPlace, signpostOf } from './place.ts'

/**
 * A sentence where a service once ran on the folder and its data are no longer where they belong: it was moved or copied without
 * them, or they were lost. A new empty database would pass for the old one there. null: nothing is missing.
 */
export async function missingData(machine: Machine, dataDir: string): Promise<string | null> {
  if (!(await isThere(addressFile(dirname(resolve(dataDir)))))) return null
  if ((await existingPlace(machine, dataDir)) !== undefined) return null
  const signpost = await readFile(signpostOf(dataDir), 'utf8').catch(() => null)
  if (signpost === null)
    return `The database of this installation is not in ${dataDir}, where an earlier start made it: restore that folder from a backup (cp -a keeps its owner) and start again; a new installation takes an empty DATA_DIR.`
  // Whoever is not root is told so with another sentence, by whoever chooses the place.
  if (machine.uid !== 0) return null
  const before = / are in (.+), because /.exec(signpost)?.[1] ?? 'another folder'
  const target = await expectedPlace(machine, dataDir)
  return `The database of this installation did not come along when ${dirname(resolve(dataDir))} was moved or copied: it was in ${before}. Copy that folder, or its backup, to ${target} (cp -a keeps its owner) and start again; a new installation takes an empty DATA_DIR.`
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
