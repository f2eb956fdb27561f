import { layout } from './layout.ts'
import { lockHolder } from './lock.ts'
import { thisMachine } from './machine.ts'
import { existingPlace } from './place.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { isAlive } from './process-state.ts'

/** Whether there are data, and whether their server runs; changes and starts nothing. */
export async function embeddedState(dataDir: string): Promise<'none' | 'stopped' | 'runs'> {
  const place = await existingPlace(thisMachine(), dataDir)
  if (place === undefined) return 'none'
  const file = await readPostmasterFile(layout(place).pgdata)
  return file !== undefined && (await isAlive(file.pid)) ? 'runs' : 'stopped'
}

/** A running Surety holds the folder. */
export async function isHeld(dataDir: string): Promise<boolean> {
  const place = await existingPlace(thisMachine(), dataDir)
  return place !== undefined && (await lockHolder(layout(place).lock)) !== undefined
}
