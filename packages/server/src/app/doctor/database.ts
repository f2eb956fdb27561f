import { searchBounds } from '../../store/case-search.ts'
import type { DbAddress } from '../../store/db.ts'
import { indexableSearch } from '../../store/migrate.ts'
import { mostClocksApartMs, type ServerFacts, serverFacts } from '../../store/server.ts'
import { bad, type Check, type Finding, good, reasonOf, within } from './check.ts'

export interface ServerLook {
  readonly checks: readonly Check[]
  /** null: it did not answer. */
  readonly facts: ServerFacts | null
}

/** @param mostMs how long it has to answer */
export async function lookAtServer(address: DbAddress, now: () => Date, mostMs: number): Promise<ServerLook> {
  try {
    const facts = await within(mostMs, serverFacts(address, now))
    const database = { name: 'database', ...databaseFinding(facts) }
    if (!database.ok) return { checks: [database], facts }
    const { indexed, superuser, clockAheadMs } = facts
    return {
      checks: [database, { name: 'search', ...good(searchSentence(indexed, superuser)) }, clockCheck(clockAheadMs)],
      facts,
    }
  } catch (error) {
    const sentence = `The database does not answer (${reasonOf(error)}).`
    const todo = 'see whether it runs and whether it can be reached; docs/operations.md, "When the database is away"'
    return { checks: [{ name: 'database', ...bad(sentence, todo) }], facts: null }
  }
}

function databaseFinding({ version, creates, writable }: ServerFacts): Finding {
  const shown = Math.floor(version / 10_000)
  if (version < 150_000) return bad(`PostgreSQL ${shown} is too old; 15 or newer is needed.`)
  if (!creates) return bad('This role may not create schemas: grant create on the database to it.')
  if (!writable)
    return bad(
      'PostgreSQL answers and takes no writes: it is a standby, or made read-only (default_transaction_read_only, a full disk).',
      'make it writable, or name the primary in DATABASE_URL',
    )
  return good(`PostgreSQL ${shown} answers.`)
}

/** @param aheadMs of the clock of this machine */
export function clockCheck(aheadMs: number): Check {
  const ok = Math.abs(aheadMs) <= mostClocksApartMs
  const far = `${Math.round(Math.abs(aheadMs) / (ok ? 1_000 : 60_000))} ${ok ? 'seconds' : 'minutes'}`
  const finding = ok
    ? good(`This machine and the database agree on the time (${far} apart).`)
    : bad(
        `The clock of this machine is ${far} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the database. Retention deletes nothing until they agree.`,
        'set both by NTP; docs/operations.md, "Clocks"',
      )
  return { name: 'clock', ...finding }
}

function searchSentence(indexed: boolean, superuser: boolean): string {
  if (indexed) return 'Search uses its index.'
  if (superuser) return 'Search will use its index: the next start allows it in this database.'
  return `Search reads only the newest ${searchBounds.readAtMost.toLocaleString('en')} leads, because this login may not use the search index. A superuser allows it once, in this database: ${indexableSearch};`
}
