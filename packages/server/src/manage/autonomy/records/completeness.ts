import { certifyRecord, countMissing, labelsComplete, type RecordCounts, recordDelta } from '@surety/stats'
import type { Reader } from '../../../store/db.ts'
import { type SampledCut, sampleRecords } from '../../../store/record-completeness.ts'
import type { KeptRecord } from '../../../store/records.ts'
import { budgetsOfRecord, sideOf } from './side-of.ts'

/** Sampled mature decisions inside a region, and those of them with a label that counts. */
export interface Completeness {
  readonly decisions: number
  readonly labelled: number
}

/** What of a record may stand for a certificate by now. */
export type RecordEvidence =
  | {
      readonly ok: true
      /** `all`: every labelled row; `audited`: those alone whose audit coin would have drawn them at the smallest rate. */
      readonly basis: 'all' | 'audited'
      readonly counts: RecordCounts
      /** Wrong ones among them that have no label, inside each cut, the loosest first; see `countMissing`. */
      readonly assumed: readonly number[]
      /** Of the region that these counts certify; where they certify none, of the action's whole side. */
      readonly completeness: Completeness
    }
  | {
      readonly ok: false
      readonly code: 'incomplete_labels'
      readonly have: number
      readonly need: number
      readonly completeness: Completeness
    }

/** Of fewer decisions inside a cut beyond the loosest nothing is said. */
const fewestJudged = 30
const needed = (decisions: number): number => Math.ceil(0.9 * decisions - 1e-9)

/**
 * The counts that a certificate may be made of: all of them where nine tenths of the mature decisions inside what they certify
 * are labelled, at the loosest cut and at each stricter one that holds enough of the sample to say. Else labels may be missing
 * because of what they are, and only cases count that the audit coin drew, asked or acted alike, if nine tenths of those are.
 * What has no label all the same counts as wrong, a small part of the budget apart.
 * @param records of one question, at most one of each side: they are looked up together
 * @returns in the order of the records
 */
export async function evidenceOfRecords(
  db: Reader,
  records: readonly KeptRecord[],
  matureUntil: Date,
): Promise<readonly RecordEvidence[]> {
  const samples = await sampleRecords(db, records, matureUntil)
  return records.map((record, i) => evidenceIn(record, samples[i]!))
}

type JudgedRecord = Pick<
  KeptRecord,
  'side' | 'budget' | 'starts' | 'suspensions' | 'budgetChanges' | 'counts' | 'drawn'
>

/** The same of one record and its newest mature decisions. */
export function evidenceIn(record: JudgedRecord, sample: readonly SampledCut[]): RecordEvidence {
  const every = withMissing(record, record.counts, sample)
  const all = judge(record, record.counts, every.counts, sample)
  if (all.complete) return { ok: true, basis: 'all', ...every, completeness: all.completeness }
  const draws = sample.filter(({ drawn }) => drawn)
  const thin = withMissing(record, record.drawn.counts, draws)
  const audited = judge(record, record.drawn.counts, thin.counts, draws)
  if (audited.complete && audited.completeness.decisions > 0)
    return { ok: true, basis: 'audited', ...thin, completeness: audited.completeness }
  const { decisions, labelled } = all.completeness
  const have = Math.min(labelled, needed(decisions))
  return { ok: false, code: 'incomplete_labels', have, need: needed(decisions), completeness: all.completeness }
}

/** Where the sample is a part of the record, as many are missing of the rest. */
function withMissing(record: JudgedRecord, counts: RecordCounts, sample: readonly SampledCut[]) {
  const counted = counts.rows.reduce((sum, rows) => sum + rows, 0)
  const labelled = sample.reduce((sum, one) => sum + one.labelled, 0)
  const times = labelled === 0 ? 1 : Math.max(1, counted / labelled)
  const missing = counts.rows.map(() => 0)
  for (const one of sample) missing[one.kappa]! += times * (one.decisions - one.labelled)
  return countMissing(counts, missing, sideOf(record), record.budget.alpha)
}

/**
 * Are labels complete at the loosest cut that is certified, and at each stricter one? Where people look at one region alone, all around
 * it is without labels, and what they found seems to speak of looser cuts as well: then what is certified with all that is missing
 * taken as wrong is judged, of which no looser cut is a part.
 * @param withMissing the same counts as a certificate is made of them
 */
function judge(
  record: JudgedRecord,
  counts: RecordCounts,
  withMissing: RecordCounts,
  sample: readonly SampledCut[],
): { readonly complete: boolean; readonly completeness: Completeness } {
  const { cuts, loosest } = certifiedBy(record, counts)
  const within = (cut: number): Completeness =>
    sample
      .filter(({ kappa }) => kappa >= cut)
      .reduce((sum, one) => ({ decisions: sum.decisions + one.decisions, labelled: sum.labelled + one.labelled }), none)
  const incompleteFrom = (from: number): Completeness | undefined =>
    [from, ...cuts.filter(cut => cut >= from && within(cut).decisions >= fewestJudged)]
      .map(within)
      .find(({ decisions, labelled }) => !labelsComplete(labelled, decisions))
  const whole = loosest ?? 0
  const incomplete = incompleteFrom(whole)
  if (incomplete === undefined) return { complete: true, completeness: within(whole) }
  const region = certifiedBy(record, withMissing).loosest
  if (region === null || incompleteFrom(region) !== undefined) return { complete: false, completeness: incomplete }
  return { complete: true, completeness: within(region) }
}

function certifiedBy({ budget, starts, suspensions, budgetChanges }: JudgedRecord, counts: RecordCounts) {
  const delta = recordDelta(budget.delta, suspensions + budgetChanges)
  const found = certifyRecord(counts, starts, budgetsOfRecord(budget), delta)
  if (!found.ok) throw new Error(`a record cannot be read: ${found.detail}`)
  return found
}

const none: Completeness = { decisions: 0, labelled: 0 }
