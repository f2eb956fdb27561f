import { canonical } from '@surety/contract'
import type { Database } from '../../../../store/db.ts'

/** A counted row of a record as a test needs it. */
export interface TestRecordRow {
  readonly caseId: string
  readonly at: Date
  readonly version: number
  /** -1 to 63, of the side the rows are put for. */
  readonly cut: number
  readonly label: 0 | 1
  readonly quality?: string
  readonly labelledBy?: string | null
  readonly source?: 'live' | 'seeded' | 'imported'
  readonly coin?: number
}

/** Rows as they are once they were counted. */
export async function putRecordRows(
  db: Database,
  tenant: string,
  pod: string,
  side: 'act' | 'clear',
  rows: readonly TestRecordRow[],
): Promise<void> {
  await db.transaction([tenant], handle =>
    handle.query(
      `insert into record_rows (tenant_id, pod, question, case_id, decided_at, source, model_version, kappa_act, kappa_clear, audit_coin,
         label, quality, labelled_by, counted)
       select $1, $2, 'main', case_id, at, source, version, case when $3 = 'act' then cut end, case when $3 = 'clear' then cut end, coin,
         label, quality, labelled_by, label
       from unnest($4::text[], $5::timestamptz[], $6::text[], $7::int[], $8::smallint[], $9::float8[], $10::smallint[], $11::text[], $12::text[])
         as given(case_id, at, source, version, cut, coin, label, quality, labelled_by)`,
      [
        tenant,
        pod,
        side,
        rows.map(row => row.caseId),
        rows.map(row => row.at),
        rows.map(row => row.source ?? 'live'),
        rows.map(row => row.version),
        rows.map(row => row.cut),
        rows.map(row => row.coin ?? 0.5),
        rows.map(row => row.label),
        rows.map(row => row.quality ?? 'human'),
        rows.map(row => row.labelledBy ?? null),
      ],
    ),
  )
}

/** Its line, as docs/certificates.md says that the digest of a certificate is made of: by a program of its own. */
export const recordLine = ({ caseId, at, version, cut, label }: TestRecordRow): string =>
  `${canonical([caseId, at.getTime(), version, cut, label])}\n`
