import { noCounts, type RecordCounts, type Rng } from '@surety/stats'
import type { Database } from '../../../../store/db.ts'
import { insertRecordRows, type NewRecordRow } from '../../../../store/record-rows.ts'
import { insertRecord, type KeptRecord, type NewRecord, readRecords } from '../../../../store/records.ts'
import { placeIn, rowIn } from '../../../../store/test-records.ts'
import { day } from '../../testing/evidence.ts'

/** Labelled cases of one version, held by any cut or none, decided in the first days; some without a cut on one side. */
export function drawRows(draw: Rng, tenant: string, n: number, days = 100): NewRecordRow[] {
  const kappa = (): number | null => (draw.uniform() < 0.1 ? null : draw.int(65) - 1)
  return Array.from({ length: n }, (_, i) =>
    rowIn(tenant, `c${i}`, new Date(day(0).getTime() + draw.int(days * 86_400) * 1000), {
      kappaAct: kappa(),
      kappaClear: kappa(),
      auditCoin: draw.uniform() < 0.1 ? null : draw.uniform(),
      label: draw.uniform() < 0.4 ? 1 : 0,
    }),
  )
}

/** As the taking in of labels leaves it: beside what was counted. */
export type Told = Pick<NewRecordRow, 'caseId' | 'label'>

export async function tell(db: Database, tenant: string, told: readonly Told[]): Promise<void> {
  await db.transaction([tenant], tx =>
    tx.query(
      `update record_rows r set label = given.label from unnest($2::text[], $3::int2[]) as given(case_id, label)
        where r.tenant_id = $1 and r.case_id = given.case_id`,
      [tenant, told.map(one => one.caseId), told.map(one => one.label)],
    ),
  )
}

export const putRows = (db: Database, tenant: string, rows: readonly NewRecordRow[]): Promise<unknown> =>
  db.transaction([tenant], tx => insertRecordRows(tx, rows))

export const putRecord = (db: Database, record: NewRecord): Promise<boolean> =>
  db.transaction([record.tenant], tx =>
    insertRecord(tx, record, { counts: noCounts, drawn: { rate: record.budget.smallestRate, counts: noCounts } }),
  )

export const recordsOf = (db: Database, tenant: string): Promise<readonly KeptRecord[]> =>
  db.transaction([tenant], tx => readRecords(tx, placeIn(tenant)))

/** What a record must have counted: made from the rows as they lie there, by loops of its own. */
export async function countedFromRows(
  db: Database,
  { tenant, side, rowsFrom }: KeptRecord,
  below = Infinity,
): Promise<RecordCounts> {
  const { rows } = await db.transaction([tenant], tx =>
    tx.query<{ kappa: number | null; counted: number | null; decided_at: Date; audit_coin: number | null }>(
      `select kappa_${side} as kappa, counted, decided_at, audit_coin from record_rows`,
    ),
  )
  const found = { rows: [...noCounts.rows], wrong: [...noCounts.wrong], outside: 0, positives: 0 }
  for (const { kappa, counted, decided_at: decidedAt, audit_coin: coin } of rows) {
    if (kappa === null || counted === null || decidedAt < rowsFrom) continue
    if (below < Infinity && (coin === null || coin >= below)) continue
    found.positives += counted
    if (kappa === -1) found.outside++
    else {
      found.rows[kappa]!++
      if (counted === (side === 'act' ? 0 : 1)) found.wrong[kappa]!++
    }
  }
  return found
}
