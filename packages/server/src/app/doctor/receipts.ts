import { verifyLedger } from '../../manage/receipts/verify-ledger.ts'
import { verifyTails } from '../../manage/receipts/verify-tails.ts'
import { bad, type Finding, good } from './check.ts'
import { firstOf, type Records, reach, visit } from './visit.ts'

/** The newest chains of a tenant, and of each the newest links, when not all are walked. */
const tail = { chains: 20, links: 500 }

/** The ends of the newest chains of receipts; in whole mode every link, and every record against its digest. */
export async function receiptsCheck(records: Records): Promise<Finding> {
  const { db, tenants, trusted, whole } = records
  const options = trusted === null ? {} : { keys: trusted }
  let links = 0
  let held = 0
  const { tenants: visited, faults } = await visit(tenants, records, async tenant => {
    const report = whole
      ? await verifyLedger(db, tenant, options)
      : { records: 0, ...(await verifyTails(db, tenant, { ...options, ...tail })) }
    links += report.links
    held += report.records
    const [first] = report.problems
    if (first === undefined) return null
    return report.problemCount > 1 ? `${first} (and ${report.problemCount - 1} more)` : first
  })
  if (faults.length > 0)
    return bad(
      `Receipts do not hold: ${firstOf(faults)}.`,
      'surety verify --receipts, against heads that were kept elsewhere too; docs/receipts.md',
    )
  const sentence = whole
    ? `${held} records in ${links} links hold together`
    : `The newest ${links} links hold together (all, and every record: surety doctor --whole)`
  return good(`${sentence}${reach(visited, tenants.length)}.`)
}
