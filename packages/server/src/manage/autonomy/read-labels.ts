import type { Database } from '../../store/db.ts'
import { type LabelCursor, type LabelPage, pageOutcomes, takeInLabels } from '../../store/label-cursors.ts'
import type { QuestionPlace } from '../../store/model-scope.ts'

/**
 * Takes what outcomes say since the last time into the rows that calibrators and certificates are made of: the outcome that
 * counts by now, whichever one was read; one without a label takes the row of its case out. A page and the cursor behind it are one transaction of the
 * tenant's own session, so it may be ended anywhere and run by several processes at once.
 * @param digest only this model's rows are counted in the answer; null: those of every model
 * @returns rows added, changed or taken out, by model digest
 */
export async function readLabels(
  db: Database,
  tenant: string,
  question: QuestionPlace,
  digest: string | null,
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const changed = new Map<string, number>()
  let from: LabelCursor | null = null
  while (true) {
    const page: LabelPage = await db.transaction([tenant], handle => takeInLabels(handle, tenant, question, from, now))
    for (const { digest: of, n } of page.changed)
      if (digest === null || of === digest) changed.set(of, (changed.get(of) ?? 0) + n)
    if (page.last === null || page.outcomes < pageOutcomes) return changed
    from = page.last
  }
}
