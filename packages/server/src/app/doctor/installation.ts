import { hasInstallationKeys, readInstallationKeys } from '../../store/installation-keys.ts'
import { otherKeys } from '../installation-keys.ts'
import { bad, type Finding, good } from './check.ts'
import type { Records } from './visit.ts'

/** Whether a start with the keys of here would be refused; notes none of them. */
export async function installationCheck({ db, keys }: Records): Promise<Finding> {
  const known = await db.read([], async reader =>
    (await hasInstallationKeys(reader)) ? readInstallationKeys(reader) : [],
  )
  const refusal = otherKeys(keys, known)
  if (refusal !== null) return bad(refusal, 'docs/keys.md, "All processes have the same ones"')
  return good(
    known.length === 0
      ? 'No keys are noted in this database yet; the next start notes them.'
      : 'The keys are those of this database.',
  )
}
