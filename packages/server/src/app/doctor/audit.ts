import { verifyAudit } from '../../manage/audit/verify-audit.ts'
import { platform } from '../../runtime/task.ts'
import { readApart } from '../../store/db.ts'
import { bad, type Finding, good } from './check.ts'
import { firstOf, type Records, reach, visit } from './visit.ts'

/** Newest entries of a log that are walked when not all are. */
const last = 5_000

/** The newest entries of every audit log and every head that was signed of it. */
export async function auditCheck(records: Records): Promise<Finding> {
  const { db, tenants, trusted, whole } = records
  let entries = 0
  let left = 0
  const all = [platform, ...tenants]
  const { tenants: visited, faults } = await visit(all, records, async tenant => {
    const proof = { ...(trusted === null ? {} : { trusted }), ...(whole ? {} : { last }) }
    // Apart: a connection of the pool would be given up at the limit of what lies idle in a transaction.
    const verdict = await readApart(db, [tenant], reader => verifyAudit(reader, tenant, proof))
    if (!verdict.ok) return verdict.why
    entries += whole ? verdict.head.length : Math.min(verdict.head.length, last)
    left += whole ? 0 : Math.max(0, verdict.head.length - last)
    return null
  })
  if (faults.length > 0)
    return bad(
      `The audit log does not hold together: ${firstOf(faults)}.`,
      'surety verify --audit, against heads that were kept elsewhere too; docs/audit.md',
    )
  const older = left === 0 ? '' : `; ${left} older ones only where a head was signed (all: surety doctor --whole)`
  return good(`${entries} entries hold together${older}${reach(visited, all.length)}.`)
}
