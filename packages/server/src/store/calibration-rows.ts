import type { ActionPlace } from './action-states.ts'
import { purgeCalibrators } from './calibrators.ts'
import type { Reader, Tx } from './db.ts'
import { isFirst, ofQuestion } from './decisions.ts'
import { type ExactTime, exactly } from './exact-time.ts'
import { keptModels, type ModelPlace, type QuestionPlace, scopeOf } from './model-scope.ts'
import { bool, float8, insertRows, int2, orNull, type RowOf, table, text, time } from './table.ts'

export type RowSource = 'held_out' | 'live' | 'imported' | 'csv'

/** Scores with their final label, of cases that the model was not fitted on. */
const calibrationRows = table('calibration_rows', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  digest: text('model_digest'),
  rowId: text('row_id'),
  source: text<RowSource>('source'),
  probability: float8('probability'),
  label: int2<0 | 1>('label'),
  decidedAt: time('decided_at'),
  labelledAt: time('labelled_at'),
  quality: text('quality'),
  action: orNull(text('action')),
  automatic: bool('automatic'),
  audited: bool('audited'),
  propensity: float8('propensity'),
  /** Id of the key that told the label; null: nobody's, or it is not known. */
  labelledBy: orNull(text('labelled_by')),
})
const judged = calibrationRows.pick('rowId', 'source', 'probability', 'label', 'decidedAt', 'quality', 'labelledBy')
export type CalibrationRow = RowOf<typeof judged>

/** Rows a calibrator is made of at most. */
export const mostRows = 100_000
/** Live rows decided earlier than this say little of today. */
export const lookBackDays = 90
const dayMs = 86_400_000

/** A file says nothing about when its rows were decided: before everything, so mature, and never after a suspension. */
export const undated = new Date(0)

/**
 * Which rows may be judged: old enough that their outcome would be here (of what was imported nothing is awaited), by a label
 * that somebody looked at; rows of the model's own training are kept however old they are. `$5`: the newest mature moment, `$6`: the look-back.
 */
const eligible = `tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4 and quality <> 'bulk'
  and (decided_at <= $5 or quality = 'imported') and (source in ('held_out', 'csv') or decided_at > $6)`

/**
 * Finds the row that a model (of pod `$2` and question `$3`) has of a case by the index over cases: `is true` keeps pod, question and model out of the
 * choice of an index, and `order by c.row_id limit 1`, which belongs to it, prefers that index where all look alike.
 */
export const isRowOf = (digest: string, caseId: string): string =>
  `c.tenant_id = $1 and c.row_id between ${caseId} and ${caseId} and (c.pod = $2 and c.question = $3) is true and (c.model_digest = ${digest}) is true`

export interface Eligibility extends ModelPlace {
  readonly now: Date
  /** Age from which outcomes are settled (`maturityMs`). */
  readonly maturityMs: number
}

export const matureUntil = ({ now, maturityMs }: Pick<Eligibility, 'now' | 'maturityMs'>): Date =>
  new Date(now.getTime() - maturityMs)

const eligibleValues = (of: Eligibility): unknown[] => [
  of.tenant,
  of.pod,
  of.question,
  of.digest,
  matureUntil(of),
  new Date(of.now.getTime() - lookBackDays * dayMs),
]

const pageRows = 20_000

/** Mature eligible rows, the newest decision first, at most `mostRows`; read in pages, so that serving goes on meanwhile. */
export async function readEligible(
  db: Reader,
  of: Eligibility,
  most: number = mostRows,
  perPage: number = pageRows,
): Promise<readonly CalibrationRow[]> {
  type Found = CalibrationRow & { readonly place: ExactTime }
  const all: CalibrationRow[] = []
  let before: Found | null = null
  while (all.length < most) {
    const limit = Math.min(perPage, most - all.length)
    const page: readonly Found[] = (
      await db.query<Found>({
        name: 'calibration_rows_eligible',
        text: `select ${judged.columns()}, ${exactly('decided_at')} as place from calibration_rows
          where ${eligible} and (decided_at, row_id) < ($7::timestamptz, $8)
          order by decided_at desc, row_id desc limit $9`,
        values: [...eligibleValues(of), before?.place ?? 'infinity', before?.rowId ?? '', limit],
      })
    ).rows
    for (const { place: _place, ...row } of page) all.push(row)
    if (page.length < limit) break
    before = page.at(-1)!
  }
  return all
}

/** Eligible rows that were labelled, or became mature, since a calibrator was made; only the newest `mostRows` are looked at. */
export async function countNew(db: Reader, of: Eligibility, fittedAt: Date, fittedUntil: Date): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    name: 'calibration_rows_new',
    text: `select count(*) as n from (select labelled_at, decided_at from calibration_rows where ${eligible}
        order by decided_at desc, row_id desc limit ${mostRows}) newest
      where labelled_at > $7 or decided_at > $8`,
    values: [...eligibleValues(of), fittedAt, fittedUntil],
  })
  return rows[0]!.n
}

/** How many rows there are of each source, mature or not. */
export async function countBySource(
  db: Reader,
  { tenant, pod, question, digest }: ModelPlace,
): Promise<{ readonly [source: string]: number }> {
  const { rows } = await db.query<{ source: string; n: number }>({
    name: 'calibration_rows_by_source',
    text: `select source, count(*) as n from calibration_rows
      where tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4 group by source order by source`,
    values: [tenant, pod, question, digest],
  })
  return Object.fromEntries(rows.map(({ source, n }) => [source, n]))
}

/** A row from outside the line: of the held-out part of a training, or of a file. */
export type GivenRow = Omit<CalibrationRow, 'source' | 'labelledBy'> & Partial<Pick<CalibrationRow, 'labelledBy'>>

const insertedAtOnce = 5000

/**
 * Puts the rows of one source in place of those that were there: a new upload, or the same activation once more.
 * @param source whose rows these are; what the line itself recorded is never touched
 */
export async function replaceRows(
  db: Tx,
  { tenant, pod, question, digest }: ModelPlace,
  source: 'held_out' | 'csv',
  rows: readonly GivenRow[],
  at: Date,
): Promise<void> {
  await db.query({
    name: 'calibration_rows_clear',
    text: 'delete from calibration_rows where tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4 and source = $5',
    values: [tenant, pod, question, digest, source],
  })
  const decided = { action: null, automatic: false, audited: false, propensity: 1 }
  for (let from = 0; from < rows.length; from += insertedAtOnce) {
    const some = rows
      .slice(from, from + insertedAtOnce)
      .map(row => ({ labelledBy: null, ...row, ...decided, tenant, pod, question, digest, source, labelledAt: at }))
    await insertRows(
      db,
      calibrationRows,
      some,
      'on conflict (tenant_id, pod, question, model_digest, row_id) do nothing',
    )
  }
}

const purgeRows = 20_000

/**
 * Takes a page of the rows of models that nobody returns to; answers false when there are no more. Audited cases stay until
 * the tripwire has taken them in: models may change faster than outcomes ripen.
 */
export async function purgePage(db: Tx, tenant: string, question: QuestionPlace): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'calibration_rows_purge',
    // By place and not by key: without statistics a join of the table with itself was tried row by row, for minutes.
    text: `delete from calibration_rows where ctid = any (array(
        select ctid from calibration_rows
        where tenant_id = $1 and pod = $2 and question = $3 and (not audited or watched) and not model_digest = any (array(${keptModels})) limit ${purgeRows}))`,
    values: [tenant, question.pod, question.name, scopeOf(tenant, question)],
  })
  if (rowCount === purgeRows) return true
  await purgeCalibrators(db, tenant, question)
  return false
}

/** What a tripwire is fed: what was drawn for a blind audit, or all that was done where its labels are complete. */
export type Watched = 'audited' | 'acted'

const watched = calibrationRows.pick('rowId', 'label', 'decidedAt', 'audited')
export type WatchedCase = RowOf<typeof watched>

const pageCases = 5000

/**
 * Each has an index of its own. What silence said of an act that nobody looked at may be its own doing: it waits until somebody
 * says how the case ended.
 */
const watchedWhere: { readonly [W in Watched]: string } = {
  audited: 'audited',
  acted: "(automatic or audited) and (audited or quality <> 'silence')",
}

/**
 * Takes acts, done or not because they were drawn, of any model, that were decided up to `until` and never taken before: in the order
 * of decisions, those whose label came late as soon as it is there. A label that changes afterwards is not counted again.
 */
export async function takeWatched(
  db: Tx,
  { tenant, pod, question, action }: ActionPlace,
  until: Date,
  which: Watched,
): Promise<{ readonly cases: readonly WatchedCase[]; readonly more: boolean }> {
  const { rows } = await db.query<WatchedCase>({
    name: `tripwire_cases_${which}`,
    text: `update calibration_rows set watched = true where ctid = any (array(
        select ctid from calibration_rows
        where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and ${watchedWhere[which]} and not watched and source = 'live'
          and quality <> 'bulk' and decided_at <= $5
        order by decided_at, row_id limit ${pageCases} for update))
      returning ${watched.columns()}`,
    values: [tenant, pod, question, action, until],
  })
  const cases = rows.toSorted((a, b) => Number(a.decidedAt) - Number(b.decidedAt) || (a.rowId < b.rowId ? -1 : 1))
  return { cases, more: rows.length === pageCases }
}

/** Labelled acts of one action, decided in (from, until], of any model, as a tripwire is fed them. */
export async function countWatched(
  db: Reader,
  { tenant, pod, question, action }: ActionPlace,
  from: Date,
  until: Date,
  which: Watched,
): Promise<number> {
  const { rows } = await db.query<{ readonly n: number }>({
    name: `tripwire_count_${which}`,
    text: `select count(*)::int as n from calibration_rows
      where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and source = 'live' and (automatic or audited)
        and ${watchedWhere[which]} and quality <> 'bulk' and decided_at > $5 and decided_at <= $6`,
    values: [tenant, pod, question, action, from, until],
  })
  return rows[0]!.n
}

const sampledDecisions = 5000

export interface LabelledActs {
  readonly decisions: number
  readonly labelled: number
}

/** Of the newest mature decisions by action those that were done or drawn, and how many of these somebody labelled. */
export async function labelledActs(
  db: Reader,
  { tenant, pod, question }: Omit<ActionPlace, 'action'>,
  until: Date,
): Promise<ReadonlyMap<string, LabelledActs>> {
  const { suffix, condition } = ofQuestion(question, 'question', '$3')
  const { rows } = await db.query<LabelledActs & { readonly action: string }>({
    name: `tripwire_labelled${suffix}`,
    text: `select d.action, count(*)::int as decisions, count(r.label)::int as labelled
      from (select case_id, action, automatic, audited from decisions where tenant_id = $1 and pod = $2 and ${condition}
          and recorded_at <= $4 and ${isFirst('decisions')}
        order by recorded_at desc limit ${sampledDecisions}) d
      left join lateral (
        select r.label from record_rows r where r.tenant_id = $1 and r.pod = $2 and r.question = $3
          and r.case_id between d.case_id and d.case_id and r.quality is distinct from 'silence' order by r.case_id limit 1) r on true
      where d.action is not null and (d.automatic or d.audited) group by d.action`,
    values: [tenant, pod, question, until],
  })
  return new Map(rows.map(({ action, ...found }) => [action, found]))
}

const acted = calibrationRows.pick('label', 'audited', 'propensity')
export type ActedRow = RowOf<typeof acted>

/** What the machine did or would have done, with a label, decided in (from, until]; the newest 100,000. */
export async function readActed(
  db: Reader,
  { tenant, pod, question, action }: ActionPlace,
  from: Date,
  until: Date,
): Promise<readonly ActedRow[]> {
  const { rows } = await db.query<ActedRow>({
    name: 'audit_estimate_rows',
    text: `select ${acted.columns()} from calibration_rows
      where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and source = 'live' and quality <> 'bulk' and propensity > 0
        and (automatic or audited) and decided_at > $5 and decided_at <= $6
      order by decided_at desc limit 100000`,
    values: [tenant, pod, question, action, from, until],
  })
  return rows
}
