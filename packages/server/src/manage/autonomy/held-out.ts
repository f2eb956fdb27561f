import { placeOf, type Question } from '@surety/contract'
import type { ServingModel } from '../../pipeline/item.ts'
import type { Audit } from '../../store/audit.ts'
import { purgePage, replaceRows } from '../../store/calibration-rows.ts'
import type { Database } from '../../store/db.ts'
import { labellersOf } from '../../store/outcomes.ts'
import { refreshCalibrator } from './calibrators.ts'
import { freezeCuts } from './freeze-cuts.ts'
import { beginHistory, historyToScore } from './records/begin-history.ts'

/** A case that a model was judged on when it was made, with the score it gets in service. */
export interface HeldOutRow {
  readonly id: string
  readonly probability: number
  readonly label: 0 | 1
  /** Time of the decision, epoch milliseconds. */
  readonly at: number
  readonly source: string
  readonly quality: string | null
}

/** What is said of a label's quality by where it came from, unless it is known better. */
const qualityOf: { readonly [source: string]: string } = { window: 'silence', imported: 'imported' }

/** What models are handed of the evidence of one pod: what a new one starts with, its cuts, and the end of an old one's rows. */
export function evidenceOf(db: Database, question: Question) {
  return {
    async keep(tenant: string, digest: string, rows: readonly HeldOutRow[], at: Date): Promise<void> {
      await db.transaction([tenant], async handle => {
        const places = rows.map(({ id, at: decided }) => ({ caseId: id, recordedAt: new Date(decided) }))
        const labellers = await labellersOf(handle, { tenant, ...placeOf(question) }, places)
        const given = rows.map(({ id, source, quality, at: decided, ...row }) => ({
          ...row,
          rowId: id,
          decidedAt: new Date(decided),
          quality: quality ?? qualityOf[source] ?? 'human',
          labelledBy: labellers.get(id) ?? null,
        }))
        await replaceRows(handle, { tenant, ...placeOf(question), digest }, 'held_out', given, at)
      })
      await refreshCalibrator(db, tenant, question, digest, at)
    },
    async begin(tenant: string, serves: ServingModel, at: Date): Promise<void> {
      await freezeCuts(
        db,
        tenant,
        question,
        (_tenant, _question, digest) => (digest === serves.digest ? serves : null),
        at,
      )
    },
    history: (tenant: string, at: Date) => historyToScore(db, tenant, question, at),
    beginHistory: (
      tenant: string,
      scored: Parameters<typeof beginHistory>[3],
      audit: Audit,
      by: Parameters<typeof beginHistory>[4],
      at: Date,
    ) => beginHistory({ db, audit }, tenant, question, scored, by, at),
    async tidy(tenant: string): Promise<void> {
      while (await db.transaction([tenant], handle => purgePage(handle, tenant, question)));
    },
  }
}
