/** A process that folds its share of a shift of guards, to be killed and started again: node state-process.ts '{"address":…}' */
import { openDatabase } from '../db.ts'
import { openWriter } from '../writer.ts'
import { seeded, shift } from './guards.ts'
import { shareOf, work } from './state-work.ts'

const { address, role, count, who, seed } = JSON.parse(process.argv[2]!)
await using db = openDatabase(address, role, 1)
await using writer = await openWriter(db, { connections: 0 })
await work(writer, shareOf(shift(count, seeded(count)), who), seeded(seed))
