import { type Action, type ActionOverview, placeOf } from '@surety/contract'
import { certifyRecord, cutBounds, walkedEvidence } from '@surety/stats'
import type { Reader } from '../../../store/db.ts'
import { type KeptRecord, readRecords } from '../../../store/records.ts'
import { type KeptCheck, readChecks } from '../../../store/version-checks.ts'
import type { Context } from '../context.ts'
import type { NamedVersion } from './check-versions.ts'
import { deltaOf } from './document-2.ts'
import { inCharge } from './in-charge.ts'
import { budgetsOfRecord, sideOf } from './side-of.ts'

/** What an overview tells of the evidence of a question, read once for all its actions. */
export interface RecordStanding {
  readonly records: readonly KeptRecord[]
  readonly checks: readonly KeptCheck[]
}

export async function readStanding(
  db: Reader,
  { tenant, question, model }: Pick<Context, 'tenant' | 'question' | 'model'>,
  acting: NamedVersion | null,
): Promise<RecordStanding> {
  const place = { tenant, ...placeOf(question) }
  const digests = [model?.digest, acting?.digest].filter(digest => digest !== undefined)
  return { records: await readRecords(db, place), checks: await readChecks(db, place, digests) }
}

/** The record of an action whose certificates count; null: none has begun. */
export const recordInForce = ({ records }: RecordStanding, { name }: Action, at: Date): KeptRecord | null =>
  inCharge(
    records.filter(one => one.action === name),
    at,
  )

/**
 * The record in charge as it counts by now, at the loosest cut that it certifies or else where its walk begins; null: none has begun.
 * @param covered share of the newest decisions that each cut held, the loosest first
 */
export function recordView(
  standing: RecordStanding,
  action: Action,
  at: Date,
  covered: readonly number[],
): ActionOverview['record'] {
  const record = recordInForce(standing, action, at)
  if (record === null) return null
  const { budget, starts, counts } = record
  const delta = deltaOf(budget, record)
  const found = certifyRecord(counts, starts, budgetsOfRecord(budget), delta)
  if (!found.ok) throw new Error(`a record cannot be read: ${found.detail}`)
  const cut = found.loosest ?? starts.at(-1)!.cut
  const { rows, wrong, upper, missUpper } = cutBounds(found.totals, cut, sideOf(action), delta)
  return {
    id: record.id,
    begun_at: record.begunAt.toISOString(),
    why: record.why,
    cut,
    share: covered[cut]!,
    rows: found.totals.all,
    in_region: rows,
    wrong,
    positives: found.totals.positives,
    evidence: walkedEvidence(found.evidence, starts)[cut]!,
    limit: found.limit,
    upper,
    miss_upper: budget.missBudget === null ? null : missUpper,
    delta,
  }
}

/** What its unseen rows said of a version at the newest look; null: it was not looked at. */
export function checkView(
  { checks }: RecordStanding,
  { name }: Action,
  version: NamedVersion | null,
): ActionOverview['check']['acting'] {
  const check = checks.find(one => one.action === name && one.digest === version?.digest)
  if (check === undefined) return null
  const { checkedAt, unseen, nextAt, passes, detail } = check
  return {
    version: detail.version,
    checked_at: checkedAt.toISOString(),
    rows: detail.rows,
    unseen,
    next_at: nextAt,
    passes_from: passes[0] ?? null,
  }
}
