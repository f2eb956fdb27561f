import type { JsonObject } from '@surety/contract'
import { aucInterval, averagePrecision, brier, expectedCalibrationError, sigmoid } from '@surety/stats'
import { artefactSchema, type ModelArtefact, type ModelKind, type SecondModel } from '../../model/artefact.ts'
import { type Candidate, fitCandidate, type Tick } from './candidate.ts'
import { betterCheck, championCheck, duel, flippedCheck } from './champion.ts'
import { enoughRows, holdOut } from './enough-rows.ts'
import { type GoldenCase, goldenCheck } from './golden-cases.ts'
import { type HeldOutRow, newestPerTenant, scoreHeldOut } from './held-out.ts'
import { leakCheck } from './leak.ts'
import { aucChecks, brierCheck, calibrationCheck, freshnessCheck } from './quality.ts'
import { liveLabelCheck, segmentCheck, segmentsOf } from './segments.ts'
import { type Split, splitByTime } from './split.ts'
import type { TrainingSet } from './training-row.ts'
import { type Check, check, reach, type Verdict } from './verdict.ts'

export interface TrainRequest {
  readonly nowMs: number
  /** Epoch seconds: the version of the model that may come out. */
  readonly version: number
  readonly seed: number
  readonly minAuc: number
  readonly champion: ModelArtefact | null
  /** Another model is to take its place, so one that is not worse will do. */
  readonly championGoes?: boolean
  readonly pod: string
  readonly question: string
  /** Left out: logistic. */
  readonly kind?: ModelKind
  /** Whom the model will serve: `*` for all tenants. */
  readonly tenant: string
  /** Features by whose levels the held-out cases are judged apart; the tenant always is. */
  readonly segmentFeatures: readonly string[]
  readonly golden: readonly GoldenCase[]
  /** By tenant, epoch milliseconds: cases decided later are too young, unless they were imported; of tenants left out none is. */
  readonly learnable?: { readonly [tenant: string]: number }
  /** false: `at` of the rows is only an order. */
  readonly timed: boolean
}

export type TrainOutcome =
  | { readonly stopped: true }
  | {
      readonly stopped: false
      readonly verdict: Verdict
      /** The candidate, also when it was refused; null when none could be fitted. */
      readonly model: SecondModel | null
      /** Of an accepted candidate: the cases it was judged on, scored as it will serve. */
      readonly heldOut: readonly HeldOutRow[]
    }

/** Learns and argues: every check reports its number, and the verdict says which of them refused. Pure. */
export function trainModel(set: TrainingSet, request: TrainRequest, tick: Tick = () => true): TrainOutcome {
  const { specs, rows } = set
  const labels = Uint8Array.from(rows, row => row.label)
  const split = splitByTime(labels)
  const { trainRows } = split
  const size = { version: request.version, trainRows, testRows: rows.length - trainRows }
  const unjudged = (checks: readonly Check[]): TrainOutcome => {
    return {
      stopped: false,
      verdict: reach(checks, { ...size, auc: null, aucInterval: null }),
      model: null,
      heldOut: [],
    }
  }
  const first = [enoughRows(labels, split), holdOut(split)]
  if (first.some(found => found.passed === false)) return unjudged(first)
  const fitted = fitCandidate(request.kind ?? 'logistic', specs, rows, labels, trainRows, tick)
  if (!fitted.ok) {
    if (fitted.stopped) return { stopped: true }
    return unjudged([...first, check('fit', false, fitted.sentence), leakCheck(specs, rows, labels, trainRows)])
  }
  const { candidate } = fitted
  const heldRows = rows.slice(trainRows)
  const heldLabels = labels.subarray(trainRows)
  const { calibration, heldOut: z } = candidate
  const p = z.map(score => sigmoid(calibration.a * score + calibration.b))
  const auc = aucInterval(z, heldLabels)
  if (!auc.ok) return unjudged([...first, check('fit', false, `The candidate could not be judged: ${auc.detail}.`)])
  const baseRate = labels.subarray(0, trainRows).reduce((sum, label) => sum + label, 0) / trainRows
  const ownBrier = numberOf(brier(p, heldLabels)) ?? 1
  const baseBrier = numberOf(brier(new Float64Array(p.length).fill(baseRate), heldLabels)) ?? 0
  const bins = expectedCalibrationError(p, heldLabels, 'equal_mass', 10)
  const segments = segmentsOf(specs, request.segmentFeatures, heldRows, z)
  const duelled = request.champion === null ? null : duel(request.champion, specs, heldRows, p)
  const report: JsonObject = {
    average_precision: numberOf(averagePrecision(z, heldLabels)),
    ...candidate.chosen,
    calibration_rows: candidate.outOfFoldRows,
    calibration_error: bins.ok ? bins.value : null,
    calibration_table: bins.ok
      ? bins.bins.map(bin => ({ n: bin.n, predicted: bin.meanProbability, observed: bin.positiveShare }))
      : [],
    segments: [...segments],
    base_brier: baseBrier,
    hold_out_share: split.share,
  }
  const model = assemble(set, request, candidate, split, { auc, brier: ownBrier, baseRate, report })
  const newest = request.timed ? (rows.at(-1)?.at ?? null) : null
  const checks = [
    ...first,
    check(
      'fit',
      true,
      `Fitted with ${candidate.words} on ${trainRows} rows, calibrated on ${candidate.outOfFoldRows}.`,
    ),
    ...aucChecks(auc, request.minAuc),
    championCheck(duelled),
    betterCheck(duelled, {
      ageMs: request.nowMs - (request.champion?.version ?? 0) * 1000,
      goes: request.championGoes === true,
    }),
    brierCheck(ownBrier, baseBrier, p.length),
    segmentCheck(segments),
    liveLabelCheck(heldRows, z, request.minAuc),
    freshnessCheck(newest, request.nowMs),
    leakCheck(specs, rows, labels, trainRows),
    flippedCheck(duelled, request.champion, { auc: auc.value, upper: auc.upper }),
    calibrationCheck(bins.ok ? bins.value : null, p.length),
    goldenCheck(model, request.golden),
  ]
  const found = { ...size, auc: auc.value, aucInterval: [auc.lower, auc.upper] } as const
  const verdict = reach(checks, found)
  const heldOut = verdict.accepted ? newestPerTenant(scoreHeldOut(model, specs, heldRows)) : []
  return { stopped: false, verdict, model, heldOut }
}

const numberOf = (found: { ok: true; value: number } | { ok: false }): number | null => (found.ok ? found.value : null)

interface Judged {
  readonly auc: { readonly value: number; readonly lower: number; readonly upper: number }
  readonly brier: number
  readonly baseRate: number
  readonly report: JsonObject
}

function assemble(
  { rows }: TrainingSet,
  request: TrainRequest,
  candidate: Candidate,
  { trainRows }: Split,
  judged: Judged,
): SecondModel {
  const moment = (row: number) => (request.timed ? new Date(rows[row]!.at).toISOString() : null)
  const sources: { [source: string]: number } = {}
  for (const row of rows) sources[row.source] = (sources[row.source] ?? 0) + 1
  const { features, encoders, fit, calibration, featureStats } = candidate
  return {
    schema: artefactSchema,
    version: request.version,
    pod: request.pod,
    question: request.question,
    tenant: request.tenant,
    features,
    encoders,
    fit,
    calibration,
    feature_stats: featureStats,
    metrics: {
      auc: judged.auc.value,
      auc_ci: [judged.auc.lower, judged.auc.upper],
      brier: judged.brier,
      n_train: trainRows,
      n_test: rows.length - trainRows,
      baseline_rate: judged.baseRate,
    },
    training: { from: moment(0), to: moment(rows.length - 1), label_sources: sources, seed: request.seed },
    report: judged.report,
  }
}
