import type { Action, QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'

/** Which rows a record counts for one side. */
export interface LinesOf extends QuestionKey {
  readonly tenant: string
  readonly side: Action['side']
  /** Those decided since then. */
  readonly rowsFrom: Date
  /** Those whose audit coin lies below this alone; null: all. */
  readonly drawnBelow: number | null
}

/** What a certificate says of the rows that it stands on. */
export interface RecordLines {
  readonly lines: number
  readonly first: Date | null
  readonly last: Date | null
  /** The oldest and the newest version that decided them. */
  readonly versions: { readonly from: number; readonly to: number } | null
  /** SHA-256, hexadecimal: see `readRecordLines`. */
  readonly digest: string
}

const kappaOf = (side: Action['side']): string => (side === 'act' ? 'kappa_act' : 'kappa_clear')

/** `counted` and not `label`: what came since the last count is not in what is certified. */
const counts = (
  side: Action['side'],
): string => `tenant_id = $1 and pod = $2 and question = $3 and decided_at >= $4 and counted is not null
  and ${kappaOf(side)} is not null and ($5::float8 is null or audit_coin < $5)`

const valuesOf = ({ tenant, pod, question, rowsFrom, drawnBelow }: LinesOf): unknown[] => [
  tenant,
  pod,
  question,
  rowsFrom,
  drawnBelow,
]

/**
 * The rows of a record, held to what they are by one digest: SHA-256 over a line for each, the oldest decision first and of one
 * moment by case id, byte by byte. A line is the JSON array `[case id, decision in epoch milliseconds, version, cut, label]` without
 * blanks, and a line feed.
 */
export async function readRecordLines(db: Reader, of: LinesOf): Promise<RecordLines> {
  const { rows } = await db.query<{
    lines: number
    first: Date | null
    last: Date | null
    from: number | null
    to: number | null
    digest: string
  }>({
    name: `record_lines_${of.side}`,
    text: `select count(*) as lines, min(decided_at) as first, max(decided_at) as last, min(model_version) as from, max(model_version) as to,
        encode(sha256(coalesce(string_agg(convert_to(format(E'[%s,%s,%s,%s,%s]\\n', to_json(case_id), round(extract(epoch from decided_at) * 1000),
          model_version, ${kappaOf(of.side)}, counted), 'UTF8'), ''::bytea order by decided_at, case_id), ''::bytea)), 'hex') as digest
      from record_rows where ${counts(of.side)}`,
    values: valuesOf(of),
  })
  const { lines, first, last, from, to, digest } = rows[0]!
  return { lines, first, last, versions: from === null || to === null ? null : { from, to }, digest }
}

/** How many of them one key told, or nobody's did. */
export interface LabellerLines {
  readonly labelledBy: string | null
  readonly quality: string | null
  readonly source: 'live' | 'seeded' | 'imported'
  readonly n: number
}

export async function countLabellers(db: Reader, of: LinesOf): Promise<readonly LabellerLines[]> {
  const { rows } = await db.query<LabellerLines>({
    name: `record_labellers_${of.side}`,
    text: `select labelled_by as "labelledBy", quality, source, count(*) as n from record_rows where ${counts(of.side)}
      group by labelled_by, quality, source order by labelled_by, quality, source`,
    values: valuesOf(of),
  })
  return rows
}
