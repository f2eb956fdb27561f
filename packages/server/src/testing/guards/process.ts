/** A process that takes its share of a shift of guards, a dot for each batch, to be killed and started again: node process.ts '{"address":…}' */
import { openDatabase } from '../../store/db.ts'
import { openGuards, work } from './processes.ts'
import { seeded, shareOf, shift, tenant } from './shift.ts'

const { address, role, count, who, seed } = JSON.parse(process.argv[2]!)
await using db = openDatabase(address, role, 2)
const { rows } = await db.read([tenant], reader =>
  reader.query<{ id: string }>('select event_id as id from event_keys order by recorded_at desc'),
)
// What was answered before does not come again, but for the last of it: nobody knows whether that answer was heard.
const answered = new Set(rows.slice(20).map(({ id }) => id))
const left = shareOf(shift(count, seeded(count)), who).filter(({ raw }) => !answered.has(raw.eventId!))
await using core = await openGuards(db)
await work(core, left, seeded(seed), () => process.stdout.write('.'))
