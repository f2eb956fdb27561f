import { type Answered, placeOf, type Question } from '@surety/contract'
import {
  clopperPearson,
  coverageReport,
  fitMondrian,
  fitVennAbers,
  holdsLabel,
  mondrianBatch,
  predictVennAbers,
  type ShareInterval,
} from '@surety/stats'
import { Problem } from '../../errors.ts'
import { type CalibrationRow, countBySource, readEligible } from '../../store/calibration-rows.ts'
import { lastCalibrator, readCalibrator } from '../../store/calibrators.ts'
import type { Database, Tx } from '../../store/db.ts'
import {
  type CalibrationFigures,
  keepCalibrationFigures,
  keptCalibrationFigures,
} from '../../store/evidence-figures.ts'
import type { ModelPlace } from '../../store/model-scope.ts'
import { servingModel } from '../../store/models.ts'
import { maturityMs } from './maturity.ts'

/** Coverages that may be asked for, in percent. */
export const coverages = [90, 95, 99] as const
/** Rows that realised coverage is measured on: enough for a digit more than is shown. */
const measuredRows = 20_000
const folds = 5

export const exchangeability =
  'Bounds and coverage hold if new cases are like the cases they were made of (exchangeable); they do not survive drift.'

/**
 * What the calibrator of the serving model rests on, and how its label sets did on cases that were left out of them.
 * @param coverage in percent; left out: 90
 * @throws Problem `unsupported_coverage`
 */
export async function calibrationView(
  db: Database,
  tenant: string,
  question: Question,
  coverage: number | undefined,
  now: Date,
): Promise<Answered<'getCalibration'>> {
  const percent = coverages.find(one => one === (coverage ?? 90))
  if (percent === undefined) throw new Problem('unsupported_coverage')
  const found = await db.transaction([tenant], async handle => {
    const model = await servingModel(handle, tenant, question)
    const known = { ...placeOf(question), assumption: exchangeability, coverage: percent, as_of: now.toISOString() }
    if (model === null) {
      const nothing = { model: null, rows: {}, calibrator: null, reason: 'no_model', absolute_residual: null }
      return { view: { ...known, ...nothing }, kept: null, evidence: null }
    }
    const place = { tenant, ...placeOf(question), digest: model.digest }
    const last = await lastCalibrator(handle, place)
    const body = last === null ? null : await readCalibrator(handle, place, last.version)
    // As of the last look at the labels; a model that nobody has looked at yet is looked at now.
    const kept = await keptCalibrationFigures(handle, place)
    const evidence = kept === null ? await readEvidence(handle, place, question, now) : null
    const radius = body === null ? null : (body.radii[coverages.indexOf(percent)] ?? null)
    const view = {
      ...known,
      model: { digest: model.digest, version: model.version },
      rows: {},
      calibrator:
        last === null || body === null
          ? null
          : {
              version: last.version,
              method: 'venn_abers',
              n: last.n,
              positives: last.positives,
              sources: { ...body.sources },
              fitted_at: last.fittedAt.toISOString(),
              built_at: last.builtAt.toISOString(),
              calibration_score: body.score,
            },
      reason: last === null ? 'no_calibration' : null,
      absolute_residual: { radius, calibration_score: radius === null ? null : 1 - radius },
    }
    return { view, kept, evidence }
  })
  const figures = found.kept ?? (found.evidence === null ? null : await calibrationFigures(found.evidence))
  if (figures === null) return { ...found.view, realised: null }
  return { ...found.view, rows: figures.rows, realised: figures.realised[percent] ?? null }
}

type Realised = CalibrationFigures['realised'][string]

interface Evidence {
  readonly rows: readonly CalibrationRow[]
  readonly counted: { readonly [source: string]: number }
}

/** What the same look has found out before: else it is read. */
interface KnownToLook {
  readonly maturity?: number
  /** Those that are mature and eligible, the newest decision first; null: they were not read. */
  readonly rows?: readonly CalibrationRow[] | null
}

export async function readEvidence(
  db: Tx,
  place: ModelPlace,
  question: Question,
  now: Date,
  known: KnownToLook = {},
): Promise<Evidence> {
  const eligible = async (): Promise<readonly CalibrationRow[]> => {
    const of = { ...place, now, maturityMs: await maturityMs(db, place.tenant, question, now, known.maturity) }
    return readEligible(db, of, measuredRows)
  }
  return { rows: known.rows?.slice(0, measuredRows) ?? (await eligible()), counted: await countBySource(db, place) }
}

/**
 * How many rows a model has by source, and for every coverage that may be asked for how the label sets did. It reads and
 * fits tens of thousands of rows: made once at each look at the labels, and kept. No transaction is held meanwhile.
 */
export async function calibrationFigures({ rows, counted }: Evidence): Promise<CalibrationFigures> {
  if (rows.length < folds) return { rows: counted, realised: {} }
  const fifths: Fifth[] = []
  for (let fold = 0; fold < folds; fold++) {
    fifths.push(fifthOf(rows, fold))
    await turnOfOthers()
  }
  const width = medianWidth(fifths)
  const found: { [percent: string]: Realised } = {}
  for (const percent of coverages) {
    found[percent] = realised(rows, fifths, 1 - percent / 100, width)
    await turnOfOthers()
  }
  return { rows: counted, realised: found }
}

const turnOfOthers = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))

/** What `calibrationView` answers until the next look that changes something. */
export async function renewCalibrationFigures(
  db: Database,
  place: ModelPlace,
  question: Question,
  now: Date,
): Promise<void> {
  const evidence = await db.transaction([place.tenant], handle => readEvidence(handle, place, question, now))
  const body = await calibrationFigures(evidence)
  await db.transaction([place.tenant], handle => keepCalibrationFigures(handle, place, body, now))
}

/** A fifth of the rows, to be judged by the other four: what a calibrator says of rows it was made of proves nothing. */
interface Fifth {
  readonly trainP: Float64Array
  readonly trainY: Uint8Array
  readonly asked: Float64Array
  /** Of the bounds of each, whatever coverage is asked for. */
  readonly widths: Float64Array
}

function fifthOf(rows: readonly CalibrationRow[], fold: number): Fifth {
  const others = rows.filter((_, i) => i % folds !== fold)
  const trainP = Float64Array.from(others, row => row.probability)
  const trainY = Uint8Array.from(others, row => row.label)
  const own = rows.filter((_, i) => i % folds === fold)
  const asked = Float64Array.from(own, row => row.probability)
  const curve = fitVennAbers(trainP, trainY)
  if (!curve.ok) throw new Error('stored rows could not be judged')
  const { p0, p1 } = predictVennAbers(curve, asked)
  return { trainP, trainY, asked, widths: p1.map((upper, k) => upper - p0[k]!) }
}

function medianWidth(fifths: readonly Fifth[]): number {
  const all = Float64Array.from(fifths.flatMap(({ widths }) => [...widths])).sort()
  return all[Math.floor((all.length - 1) / 2)]!
}

function realised(rows: readonly CalibrationRow[], fifths: readonly Fifth[], alpha: number, width: number): Realised {
  const y = Uint8Array.from(rows, row => row.label)
  const sets = new Uint8Array(rows.length)
  for (const [fold, { trainP, trainY, asked }] of fifths.entries()) {
    const fit = fitMondrian(trainP, trainY, { alpha })
    if (!fit.ok) throw new Error('stored rows could not be judged')
    const judged = mondrianBatch(fit, asked)
    for (let k = 0; k < asked.length; k++) sets[k * folds + fold] = judged[k]!
  }
  const report = coverageReport(sets, y)
  if (!report.ok) throw new Error(report.detail)
  const covered = y.reduce((sum, label, i) => sum + (holdsLabel(sets[i]!, label) ? 1 : 0), 0)
  const overall = clopperPearson(covered, y.length)
  return {
    method: 'mondrian, each fifth judged by the other four',
    n: y.length,
    overall: shareOf(overall.ok ? overall : null),
    label_0: shareOf(report.coverage[0]),
    label_1: shareOf(report.coverage[1]),
    undecided: report.undecided,
    width_p50: width,
  }
}

const shareOf = (found: ShareInterval | null): Realised['overall'] =>
  found === null ? null : { value: found.value, lower: found.lower, upper: found.upper, n: found.n }
