import { type Answered, type Principal, placeOf, type Question } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { type Named, questionMeant } from '../../request/questions-meant.ts'
import type { Context } from '../../runtime/context.ts'
import { announce } from '../../store/autonomy-epochs.ts'
import { replaceRows, undated } from '../../store/calibration-rows.ts'
import { servingModel } from '../../store/models.ts'
import { fewestRows } from './build-calibrator.ts'
import { calibrationView, renewCalibrationFigures } from './calibration-view.ts'
import { refreshCalibrator } from './calibrators.ts'
import { type GivenPair, type ReadPairs, readPairs } from './prediction-pairs.ts'

type CalibrationContext = Pick<Context, 'db' | 'audit' | 'now' | 'pods' | 'defaultPod'>

/** Rows of one upload. */
export const mostUploaded = 1_000_000

/** What an upload came to. */
export type Uploaded =
  | {
      readonly ok: true
      readonly stored: number
      readonly skipped: number
      readonly listed: ReadPairs['listed']
      readonly version: number
      readonly calibrationSize: number
    }
  | {
      readonly ok: false
      readonly have: number
      readonly need: number
      readonly skipped: number
      readonly listed: ReadPairs['listed']
    }

/**
 * Puts rows from outside in place of those of the last upload and makes a calibrator at once. They belong to the model that
 * serves: rows that another model scored say nothing of it. Fewer than 30 good rows change nothing.
 * @throws Problem `no_active_model`
 */
export async function uploadCalibration(
  { db, audit }: Pick<CalibrationContext, 'db' | 'audit'>,
  tenant: string,
  question: Question,
  given: Iterable<GivenPair>,
  asker: { readonly actor: string; readonly requestId: string | undefined; readonly at: Date },
): Promise<Uploaded> {
  const model = await db.read([tenant], reader => servingModel(reader, tenant, question))
  if (model === null) throw new Problem('no_active_model')
  const { digest } = model
  const { pairs, skipped, listed } = readPairs(given)
  if (pairs.length < fewestRows) return { ok: false, have: pairs.length, need: fewestRows, skipped, listed }
  const { actor, requestId, at } = asker
  const rows = pairs.map(({ place, prediction, actual }) => ({
    rowId: `csv:${place}`,
    probability: prediction,
    label: actual,
    decidedAt: undated,
    quality: 'imported',
  }))
  await db.transaction([tenant], async handle => {
    await replaceRows(handle, { tenant, ...placeOf(question), digest }, 'csv', rows, at)
    const detail = { ...placeOf(question), model_digest: digest, stored: pairs.length, skipped }
    await audit(handle, { tenant, at, actor, action: 'calibration.uploaded', requestId, detail })
  })
  const built = await refreshCalibrator(db, tenant, question, digest, at, { once: true })
  if (built.kind !== 'built') throw new Error(`no calibrator was made of an upload: ${built.kind}`)
  await renewCalibrationFigures(db, { tenant, ...placeOf(question), digest }, question, at)
  await db.transaction([tenant], handle => announce(handle, tenant))
  return { ok: true, stored: pairs.length, skipped, listed, version: built.version, calibrationSize: built.n }
}

/** What the HTTP door asks. */
export function calibration(deps: CalibrationContext) {
  const meant = ({ pod, question }: Named): Question =>
    questionMeant(deps.pods, { pod: pod ?? deps.defaultPod, question })
  return {
    async upload(
      actor: Principal,
      input: {
        readonly of: Named
        readonly prediction: readonly unknown[]
        readonly actual: readonly unknown[]
      },
      requestId: string,
    ): Promise<Answered<'postCalibration'>> {
      const { prediction, actual } = input
      if (prediction.length !== actual.length)
        throw new Problem('validation_failed', undefined, {
          errors: [
            {
              path: 'actual',
              code: 'unequal_length',
              message: `${prediction.length} predictions but ${actual.length} actual values.`,
            },
          ],
        })
      const pairs = prediction.map((value, k) => ({ place: k + 1, prediction: value, actual: actual[k] }))
      const asker = { actor: `key:${actor.keyId}`, requestId, at: deps.now() }
      const found = await uploadCalibration(deps, actor.tenant, meant(input.of), pairs, asker)
      if (!found.ok)
        throw new Problem('too_few_rows', `${found.have} valid rows; ${found.need} are needed. Nothing was stored.`, {
          errors: found.listed.map(({ place, why }) => ({
            path: `rows.${place}`,
            code: 'skipped',
            message: `${why}.`,
          })),
        })
      const { stored, skipped, version, calibrationSize } = found
      const listed = found.listed.map(({ place, why }) => ({ row: place, why }))
      return { stored, skipped, skipped_rows: listed, version, calibration_size: calibrationSize }
    },
    get(tenant: string, of: Named, coverage: number | undefined): Promise<Answered<'getCalibration'>> {
      return calibrationView(deps.db, tenant, meant(of), coverage, deps.now())
    },
  }
}
