import { headsFile } from '../saved-heads.ts'
import { at, type Ledger } from './ledger.ts'

/** The text of a file of heads, as `surety receipt --heads` writes it. */
export const headsOfTenant = async (ledger: Ledger, tenant: string): Promise<string> =>
  JSON.stringify(await headsFile(ledger.database.db, ledger.key, [tenant], at))
