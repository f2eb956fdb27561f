import { type Answered, type BulkReason, bulkReasons, eachSide, placeOf, type Question } from '@surety/contract'
import { wilson } from '@surety/stats'
import { listKeys } from '../../store/api-keys.ts'
import type { Reader } from '../../store/db.ts'
import { type AuditedLabeller, auditedLabellers, type ToldCount, toldCounts } from '../../store/labellers.ts'
import { readContext } from './context.ts'

type Labels = Answered<'getLabels'>['items'][number]
type Audits = Labels['labellers'][number]['audits']

const level = 0.95
/** Of fewer cases nothing is said: one that is seen otherwise proves nothing. */
const fewestAudits = 10

/**
 * Who told the newest outcomes of a question, how many of them count as given in bulk and why, and whose labels are not those of
 * blind audits: a key disagrees when even the lower bound of its share of other labels is above the strictest error budget.
 */
export async function labellersOf(db: Reader, tenant: string, question: Question): Promise<Labels> {
  const place = placeOf(question)
  const counts = await toldCounts(db, tenant, place)
  const audited = await auditedLabellers(db, tenant, place)
  const { sides } = await readContext(db, tenant, question)
  const alpha = Math.min(...eachSide(sides).map(({ action }) => action.alpha))
  const keys = new Map((await listKeys(db, tenant)).map(key => [key.id, key]))
  const labellers = [...Map.groupBy(counts, ({ sender }) => sender)].map(([sender, of]) => {
    const key = sender === null ? undefined : keys.get(sender)
    const audits = auditsOf(audited.find(one => one.sender === sender))
    return {
      key: sender,
      name: key?.name ?? null,
      system_of_record: key?.systemOfRecord ?? false,
      outcomes: sumOf(of),
      bulk: bulkOf(of),
      audits,
      disagrees: audits !== null && audits.n >= fewestAudits && audits.lower > alpha,
    }
  })
  return {
    ...place,
    outcomes: sumOf(counts),
    since: counts.length === 0 ? null : new Date(Math.min(...counts.map(one => Number(one.since)))).toISOString(),
    bulk: bulkOf(counts),
    budget: alpha,
    labellers: labellers.toSorted((a, b) => Number(b.disagrees) - Number(a.disagrees) || b.outcomes - a.outcomes),
  }
}

const sumOf = (counts: readonly ToldCount[]): number => counts.reduce((sum, { n }) => sum + n, 0)

/** What was answered together in the inbox has that quality itself; the others have a reason. */
function bulkOf(counts: readonly ToldCount[]): Labels['bulk'] {
  const because = (why: BulkReason): number => sumOf(counts.filter(({ bulk }) => bulk === why))
  const [own_case, one_request, one_minute] = bulkReasons.map(because) as [number, number, number]
  return { own_case, one_request, one_minute, inbox: sumOf(counts.filter(({ quality }) => quality === 'bulk')) }
}

function auditsOf(found: AuditedLabeller | undefined): Audits {
  if (found === undefined) return null
  const { n, disagree } = found
  const interval = wilson(disagree, n, level)
  if (!('lower' in interval)) throw new Error(interval.detail)
  return { n, disagree, share: disagree / n, lower: interval.lower, upper: interval.upper, level }
}
