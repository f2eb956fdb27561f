import { eachSide, placeOf } from '@surety/contract'
import { announce } from '../../store/autonomy-epochs.ts'
import { type CalibrationRow, lookBackDays, readActed } from '../../store/calibration-rows.ts'
import type { Database } from '../../store/db.ts'
import { keepAuditEstimates, keepCalibrationFigures } from '../../store/evidence-figures.ts'
import { estimateOf } from './audit-estimate.ts'
import { calibrationFigures, readEvidence } from './calibration-view.ts'
import type { Context } from './context.ts'

/** What a look has found out before its end. */
export interface LookedAt {
  readonly context: Context
  readonly at: Date
  /** In milliseconds. */
  readonly maturity: number
  /** Did rows or the calibrator of the serving model change? Else what is told of them still holds. */
  readonly changed: boolean
  /** Its eligible rows, the newest decision first; null: they were not read. */
  readonly rows: readonly CalibrationRow[] | null
  /** Must every process read the tenant again? */
  readonly tell: boolean
}

const dayMs = 86_400_000

/**
 * The end of a look: what the doors answer until the next one. It reads up to 100,000 rows, and is asked for often. Read in one
 * transaction and kept in another; none is held while figures are made.
 */
export async function renewFigures(
  db: Database,
  { context, at, maturity, changed, rows, tell }: LookedAt,
): Promise<void> {
  const { tenant, question, model, sides } = context
  const place = { tenant, ...placeOf(question) }
  const judged = model === null || !changed ? null : { ...place, digest: model.digest }
  const [from, until] = [new Date(at.getTime() - lookBackDays * dayMs), new Date(at.getTime() - maturity)]
  const found = await db.transaction([tenant], async handle => {
    const acted = []
    for (const { action } of eachSide(sides))
      acted.push({ action, rows: await readActed(handle, { ...place, action: action.name }, from, until) })
    const evidence = judged === null ? null : await readEvidence(handle, judged, question, at, { maturity, rows })
    return { acted, evidence }
  })
  const estimates = found.acted.map(({ action, rows: own }) => ({
    action: action.name,
    body: estimateOf(action, own),
  }))
  const figures = found.evidence === null ? null : await calibrationFigures(found.evidence)
  await db.transaction([tenant], async handle => {
    await keepAuditEstimates(handle, place, estimates, at)
    if (judged !== null && figures !== null) await keepCalibrationFigures(handle, judged, figures, at)
    if (tell) await announce(handle, tenant)
  })
}
