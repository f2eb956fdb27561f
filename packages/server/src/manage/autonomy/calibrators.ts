import { placeOf, type Question } from '@surety/contract'
import {
  type CalibrationRow,
  countNew,
  type Eligibility,
  matureUntil,
  readEligible,
} from '../../store/calibration-rows.ts'
import { confirmCalibrator, lastCalibrator, saveCalibrator } from '../../store/calibrators.ts'
import type { Database } from '../../store/db.ts'
import { buildCalibratorInTurns } from './build-calibrator.ts'
import { maturityMs } from './maturity.ts'

/** What became of one look at the labels of a model. */
export type Refreshed =
  /** A new version stands. */
  | { readonly kind: 'built'; readonly version: number; readonly n: number; readonly positives: number }
  /** Fewer than 50 new labels, but some: the calibrator counts as of now. */
  | { readonly kind: 'confirmed'; readonly version: number; readonly fresh: number }
  /** Looked at within the hour, or no new label came. */
  | { readonly kind: 'unchanged'; readonly version: number }
  | { readonly kind: 'too_few'; readonly have: number; readonly need: number }

const hourMs = 3_600_000
const newLabels = 50

interface RefreshOptions {
  readonly once?: boolean
  readonly maturity?: number
  readonly onRead?: (rows: readonly CalibrationRow[]) => void
}

type CalibratedQuestion = Pick<Question, 'pod' | 'name' | 'maturityDays'>

/**
 * Keeps the calibrator of one model up to date: at most hourly, and anew only after 50 labels that the last one did not
 * know. One that nobody could refresh for 30 days is stale, and the line asks a person (`stale_calibrator`).
 * @param options.once true: whatever the hour and however few labels are new (an upload, a new model)
 * @param options.maturity as of this look, in milliseconds
 * @param options.onRead is handed the rows that a new one is made of
 */
export async function refreshCalibrator(
  db: Database,
  tenant: string,
  question: CalibratedQuestion,
  digest: string,
  now: Date,
  options: RefreshOptions = {},
): Promise<Refreshed> {
  const { once = false, maturity, onRead } = options
  const place = { tenant, ...placeOf(question), digest }
  const plan = await db.transaction([tenant], async handle => {
    const last = await lastCalibrator(handle, place)
    if (last !== null && !once && now.getTime() - last.builtAt.getTime() < hourMs) return unchanged(last)
    const of: Eligibility = { ...place, now, maturityMs: await maturityMs(handle, tenant, question, now, maturity) }
    if (last !== null && !once) {
      const fresh = await countNew(handle, of, last.fittedAt, last.fittedUntil)
      if (fresh === 0) return unchanged(last)
      if (fresh < newLabels) {
        await confirmCalibrator(handle, place, last.version, now)
        return { kind: 'confirmed', version: last.version, fresh } as const
      }
    }
    return { kind: 'build', last, of, rows: await readEligible(handle, of) } as const
  })
  if (plan.kind !== 'build') return plan
  onRead?.(plan.rows)
  const built = await buildCalibratorInTurns(plan.rows)
  if (!built.ok) return { kind: 'too_few', have: built.have, need: built.need }
  const version = (plan.last?.version ?? 0) + 1
  const { n, positives, body } = built
  const made = { version, builtAt: now, fittedAt: now, fittedUntil: matureUntil(plan.of), n, positives, body }
  const saved = await db.transaction([tenant], handle => saveCalibrator(handle, place, made))
  // Another process made this version meanwhile: what it has not seen counts as new from there.
  if (!saved) return refreshCalibrator(db, tenant, question, digest, now, options)
  return { kind: 'built', version, n, positives }
}

const unchanged = ({ version }: { readonly version: number }): Refreshed => ({ kind: 'unchanged', version })
