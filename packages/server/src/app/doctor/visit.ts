import type { Database } from '../../store/db.ts'
import type { Fingerprints } from '../installation-keys.ts'

/** What a check of records is made with. */
export interface Records {
  readonly db: Database
  readonly tenants: readonly string[]
  /** Of this process, as far as they are there. */
  readonly keys: Fingerprints
  /** Public keys whose signatures count, base64; null: the key of this installation is not known here. */
  readonly trusted: ReadonlySet<string> | null
  /** From the beginning and not only the end, as long as it takes. */
  readonly whole: boolean
  /** No tenant is begun any more. */
  readonly isOver: () => boolean
  /** Of the database. */
  readonly now: Date
}

export interface Visited {
  readonly tenants: number
  /** What is wrong, with its tenant. */
  readonly faults: readonly string[]
}

/** One tenant after another, until the time is over. */
export async function visit(
  tenants: readonly string[],
  { isOver }: Pick<Records, 'isOver'>,
  look: (tenant: string) => Promise<string | null>,
): Promise<Visited> {
  const faults: string[] = []
  let visited = 0
  for (const tenant of tenants) {
    if (visited > 0 && isOver()) break
    const fault = await look(tenant)
    visited++
    if (fault !== null) faults.push(`tenant ${tenant}: ${fault}`)
  }
  return { tenants: visited, faults }
}

/** The first of them, and how many more. */
export function firstOf(faults: readonly string[]): string {
  const more = faults.length - 1
  return `${faults[0]}${more === 0 ? '' : ` (and ${more} more)`}`
}

/** What of it was looked at, in words; `all` is how many tenants there are. */
export const reach = (visited: number, all: number): string =>
  visited < all ? `; time was enough for ${visited} of ${all} tenants, surety doctor --whole looks at all` : ''
