import type { Pod } from '@surety/contract'
import type { Db } from '../../store/db.ts'
import { type ExactTime, exactly } from '../../store/exact-time.ts'

/** What of a pod finds its rows and the models they belong to. */
export type PodPlace = Pick<Pod, 'name' | 'modelScope'>

export type RowSource = 'held_out' | 'live' | 'imported' | 'csv'

/** A score with its final label, of a case that the model was not fitted on. */
export interface CalibrationRow {
  readonly rowId: string
  readonly source: RowSource
  readonly probability: number
  readonly label: 0 | 1
  readonly decidedAt: Date
  readonly quality: string
}

/** Rows a calibrator is made of at most. */
export const mostRows = 100_000
/** Live rows decided earlier than this say little of today. */
export const lookBackDays = 90
const dayMs = 86_400_000

/** A file says nothing about when its rows were decided: before everything, so mature, and never after a suspension. */
export const undated = new Date(0)

export const scopeOf = (tenant: string, pod: PodPlace): string => (pod.modelScope === 'all' ? '*' : tenant)

/**
 * Which rows may be judged: old enough that their outcome would be here, by a label that somebody looked at; rows of the
 * model's own training are kept however old they are. `$4`: the newest mature moment, `$5`: the look-back.
 */
const eligible = `tenant_id = $1 and pod = $2 and model_digest = $3 and decided_at <= $4 and quality <> 'bulk'
  and (source in ('held_out', 'csv') or decided_at > $5)`

/**
 * Finds the row that a model (of pod `$2`) has of a case by the index over cases: `is true` keeps pod and model out of the
 * choice of an index, and `order by c.row_id limit 1`, which belongs to it, prefers that index where all look alike.
 */
export const isRowOf = (digest: string, caseId: string): string =>
  `c.tenant_id = $1 and c.row_id between ${caseId} and ${caseId} and (c.pod = $2) is true and (c.model_digest = ${digest}) is true`

export interface Eligibility {
  readonly tenant: string
  readonly pod: string
  readonly digest: string
  readonly now: Date
  /** Age from which outcomes are settled (`maturityMs`). */
  readonly maturityMs: number
}

export const matureUntil = ({ now, maturityMs }: Pick<Eligibility, 'now' | 'maturityMs'>): Date =>
  new Date(now.getTime() - maturityMs)

const eligibleValues = (of: Eligibility): unknown[] => [
  of.tenant,
  of.pod,
  of.digest,
  matureUntil(of),
  new Date(of.now.getTime() - lookBackDays * dayMs),
]

const pageRows = 20_000

/** Mature eligible rows, the newest decision first, at most `mostRows`; read in pages, so that serving goes on meanwhile. */
export async function readEligible(
  db: Db,
  of: Eligibility,
  most: number = mostRows,
  perPage: number = pageRows,
): Promise<readonly CalibrationRow[]> {
  interface Found {
    row_id: string
    source: RowSource
    probability: number
    label: 0 | 1
    decided_at: Date
    place: ExactTime
    quality: string
  }
  const all: CalibrationRow[] = []
  let before: Found | null = null
  while (all.length < most) {
    const limit = Math.min(perPage, most - all.length)
    const page: readonly Found[] = (
      await db.query<Found>({
        name: 'calibration_rows_eligible',
        text: `select row_id, source, probability, label, decided_at, ${exactly('decided_at')} as place, quality from calibration_rows
          where ${eligible} and (decided_at, row_id) < ($6::timestamptz, $7)
          order by decided_at desc, row_id desc limit $8`,
        values: [...eligibleValues(of), before?.place ?? 'infinity', before?.row_id ?? '', limit],
      })
    ).rows
    for (const { row_id: rowId, decided_at: decidedAt, place: _place, ...row } of page)
      all.push({ rowId, decidedAt, ...row })
    if (page.length < limit) break
    before = page.at(-1)!
  }
  return all
}

/** Eligible rows that were labelled, or became mature, since a calibrator was made; only the newest `mostRows` are looked at. */
export async function countNew(db: Db, of: Eligibility, fittedAt: Date, fittedUntil: Date): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    name: 'calibration_rows_new',
    text: `select count(*) as n from (select labelled_at, decided_at from calibration_rows where ${eligible}
        order by decided_at desc, row_id desc limit ${mostRows}) newest
      where labelled_at > $6 or decided_at > $7`,
    values: [...eligibleValues(of), fittedAt, fittedUntil],
  })
  return rows[0]!.n
}

/** How many rows there are of each source, mature or not. */
export async function countBySource(
  db: Db,
  tenant: string,
  pod: string,
  digest: string,
): Promise<{ readonly [source: string]: number }> {
  const { rows } = await db.query<{ source: string; n: number }>({
    name: 'calibration_rows_by_source',
    text: `select source, count(*) as n from calibration_rows
      where tenant_id = $1 and pod = $2 and model_digest = $3 group by source order by source`,
    values: [tenant, pod, digest],
  })
  return Object.fromEntries(rows.map(({ source, n }) => [source, n]))
}

/** A row from outside the line: of the held-out part of a training, or of a file. */
export interface GivenRow {
  readonly rowId: string
  readonly probability: number
  readonly label: 0 | 1
  readonly decidedAt: Date
  readonly quality: string
}

const insertRows = 5000

/**
 * Puts the rows of one source in place of those that were there: a new upload, or the same activation once more.
 * @param source whose rows these are; what the line itself recorded is never touched
 */
export async function replaceRows(
  db: Db,
  place: { readonly tenant: string; readonly pod: string; readonly digest: string },
  source: 'held_out' | 'csv',
  rows: readonly GivenRow[],
  at: Date,
): Promise<void> {
  const { tenant, pod, digest } = place
  await db.query({
    name: 'calibration_rows_clear',
    text: 'delete from calibration_rows where tenant_id = $1 and pod = $2 and model_digest = $3 and source = $4',
    values: [tenant, pod, digest, source],
  })
  for (let from = 0; from < rows.length; from += insertRows) {
    const some = rows.slice(from, from + insertRows)
    await db.query({
      name: 'calibration_rows_add',
      text: `insert into calibration_rows (tenant_id, pod, model_digest, row_id, source, probability, label, decided_at,
          labelled_at, quality, action, automatic, audited, propensity)
        select $1, $2, $3, row_id, $4, probability, label, decided_at, $5, quality, null, false, false, 1
        from unnest($6::text[], $7::float8[], $8::smallint[], $9::timestamptz[], $10::text[])
          as given(row_id, probability, label, decided_at, quality)
        on conflict (tenant_id, pod, model_digest, row_id) do nothing`,
      values: [
        tenant,
        pod,
        digest,
        source,
        at,
        some.map(row => row.rowId),
        some.map(row => row.probability),
        some.map(row => row.label),
        some.map(row => row.decidedAt),
        some.map(row => row.quality),
      ],
    })
  }
}

/** The models whose rows are kept: the newest five accepted ones of the scope, and whatever serves. `$2` pod, `$3` scope. */
export const keptModels = `select digest from active_models where tenant_id = $3 and pod = $2
  union all (select digest from models where tenant_id = $3 and pod = $2 and accepted
    order by coalesce(accepted_at, created_at) desc, version desc limit 5)`

const purgeRows = 20_000

/**
 * Takes a page of the rows of models that nobody returns to; answers false when there are no more. Audited cases stay until
 * the tripwire has taken them in: models may change faster than outcomes ripen.
 */
export async function purgePage(db: Db, tenant: string, pod: PodPlace): Promise<boolean> {
  const values = [tenant, pod.name, scopeOf(tenant, pod)]
  const { rowCount } = await db.query({
    name: 'calibration_rows_purge',
    // By place and not by key: without statistics a join of the table with itself was tried row by row, for minutes.
    text: `delete from calibration_rows where ctid = any (array(
        select ctid from calibration_rows
        where tenant_id = $1 and pod = $2 and (not audited or watched) and not model_digest = any (array(${keptModels})) limit ${purgeRows}))`,
    values,
  })
  if (rowCount === purgeRows) return true
  await db.query({
    name: 'calibrators_purge',
    text: `delete from calibrators where tenant_id = $1 and pod = $2 and model_digest not in (${keptModels})`,
    values,
  })
  return false
}
