export {
  type BootstrapInterval,
  type BootstrapOptions,
  subjectBootstrap,
  type WeightedStatistic,
} from './bootstrap/subject-bootstrap.ts'
export {
  logLosses,
  weightedAuc,
  weightedAveragePrecision,
  weightedBrier,
  weightedBrierSkill,
  weightedLogLoss,
  weightedMean,
  weightedShare,
} from './bootstrap/weighted-statistics.ts'
export {
  type Calibrator,
  type CalibratorMethod,
  calibrate,
  calibratorMethods,
  fitCalibrator,
} from './calibration/calibrator.ts'
export { type CalibratorChoice, type CalibratorTrial, chooseCalibrator } from './calibration/choose-calibrator.ts'
export {
  type CalibrationFold,
  type CrossVennAbers,
  type CrossVennAbersBatch,
  fitCrossVennAbers,
  predictCrossVennAbers,
} from './calibration/cross-venn-abers.ts'
export { fitIsotonic, type Isotonic, predictIsotonic } from './calibration/isotonic.ts'
export { fitPlatt, type Platt } from './calibration/platt.ts'
export {
  fitVennAbers,
  predictVennAbers,
  type VennAbers,
  type VennAbersBatch,
  vennAbersBrierPoint,
  vennAbersPoint,
} from './calibration/venn-abers.ts'
export {
  type AbsoluteResidual,
  fitAbsoluteResidual,
  type ResidualInterval,
  residualInterval,
  residualLevels,
} from './conformal/absolute-residual.ts'
export {
  type AdaptiveClasses,
  type AdaptiveLevel,
  adaptiveBound,
  adaptiveLevel,
  adaptiveSet,
  type ClassScores,
  levelInForce,
  observeAdaptive,
  plausible,
  stepLevel,
} from './conformal/adaptive.ts'
export { type CoverageLaw, conformalRank, coverageLaw, rowsNeeded } from './conformal/conformal-rank.ts'
export { type CoverageReport, coverageReport } from './conformal/coverage-report.ts'
export { holdsLabel, type LabelSet, labelScore } from './conformal/label-set.ts'
export { estimateLabelShift, type LabelShift, shiftProbability } from './conformal/label-shift.ts'
export {
  type BinPath,
  binKey,
  fitMondrian,
  type MondrianCell,
  type MondrianOptions,
  type MondrianSets,
  mondrianBatch,
  mondrianSet,
  mondrianThresholds,
} from './conformal/mondrian.ts'
export { type MondrianStream, mondrianStream } from './conformal/mondrian-stream.ts'
export { type SortedScores, sortedScores } from './conformal/sorted-scores.ts'
export {
  ageWeights,
  effectiveSampleSize,
  fitWeightedScores,
  smallestOverlap,
  type WeightedScores,
  weightedThreshold,
} from './conformal/weighted.ts'
export { arrivedBy, type DelayLaw, delayLaw } from './delay/delay-law.ts'
export { delayLawsByOutcome, type OutcomeLaws } from './delay/laws-by-outcome.ts'
export { immatureNegativeWeight, type Maturity, matureRows, maturityAge } from './delay/maturity.ts'
export { type Adwin, type AdwinOptions, type AdwinState, adwin } from './drift/adwin.ts'
export { type CategoryCounts, categoryCounts, missingLevel, poolRareCells } from './drift/category-counts.ts'
export { type ChiSquareTest, chiSquareTest } from './drift/chi-square-test.ts'
export { type CircularDrift, circularDrift } from './drift/circular-drift.ts'
export {
  type ConformalMartingale,
  conformalMartingale,
  type MartingaleOptions,
  type MartingaleState,
} from './drift/conformal-martingale.ts'
export {
  type DomainClassifier,
  type DomainLearner,
  type DomainOptions,
  domainClassifier,
  logisticLearner,
} from './drift/domain-classifier.ts'
export { type DriftAttribution, driftAttribution, type FeatureShift } from './drift/drift-attribution.ts'
export { type CategoricalDrift, categoricalDrift, type NumericDrift, numericDrift } from './drift/feature-drift.ts'
export { type JensenShannon, jensenShannon } from './drift/jensen-shannon.ts'
export { type KsOptions, type KsTwoSample, ksDetectableDistance, ksDistance, ksTwoSample } from './drift/ks.ts'
export { countBins, type Psi, type PsiOptions, psi, psiOfCounts } from './drift/psi.ts'
export { quantileEdges } from './drift/quantile-edges.ts'
export type { CellCounts } from './drift/shares.ts'
export {
  type DesignEffect,
  designEffect,
  onePerSubject,
  type SubjectPermutation,
  type SubjectSample,
  subjectPermutation,
} from './drift/subjects.ts'
export { type DriftQuestion, type DriftVerdict, type DriftVerdicts, twoGates } from './drift/two-gates.ts'
export { type Energy, energyDistance, type Wasserstein, wasserstein } from './drift/wasserstein.ts'
export {
  type Cluster,
  type ClusterComparison,
  type ClusterRatio,
  clusterRatio,
  compareClusterMeans,
  compareClusterRatios,
  leastClusters,
} from './experiments/cluster-comparison.ts'
export { compareMeansAlways, summaryOfCounts } from './experiments/compare-means.ts'
export { type ConfidenceSequence, confidenceSequence } from './experiments/confidence-sequence.ts'
export { type Cuped, cuped } from './experiments/cuped.ts'
export {
  type Detectable,
  detectableDifference,
  detectableRise,
  neededPerArm,
  type Power,
} from './experiments/detectable-effect.ts'
export { type MixtureSprt, mixtureSprt } from './experiments/mixture-sprt.ts'
export { type SampleRatio, type SampleRatioLimits, sampleRatio } from './experiments/sample-ratio.ts'
export { emptySummary, mergeSummaries, type SampleSummary, summarise } from './experiments/sample-summary.ts'
export { type TwoProportions, twoProportions } from './experiments/two-proportions.ts'
export { type Welch, welch, welchOfSummaries } from './experiments/welch.ts'
export { designMeans, explainLinear } from './explain/linear-shap.ts'
export { type Explanations, explainTrees, type TreeExplainer } from './explain/tree-shap.ts'
export { clopperPearson } from './intervals/clopper-pearson.ts'
export type { ShareInterval } from './intervals/share-interval.ts'
export { wilson } from './intervals/wilson.ts'
export {
  cbpe,
  type EstimatedFigure,
  fitLabelFree,
  type LabelFreePerformance,
  type LabelFreeReference,
  labelFreeAssumption,
  samplingRange,
} from './labelfree/cbpe.ts'
export { type LabelledWindow, pape, type ScoredWindow } from './labelfree/pape.ts'
export { type AucInterval, aucInterval } from './metrics/auc-interval.ts'
export { type AveragePrecision, averagePrecision } from './metrics/average-precision.ts'
export { type Brier, brier, brierSkill } from './metrics/brier.ts'
export { bySegment, pick, type Segment } from './metrics/by-segment.ts'
export { type CalibrationErrorTest, calibrationErrorTest } from './metrics/calibration-error-test.ts'
export { type CalibrationLine, calibrationLine } from './metrics/calibration-line.ts'
export { calibrationWalk } from './metrics/calibration-walk.ts'
export { type CardPrecision, type CardPrecisionDay, cardPrecision } from './metrics/card-precision.ts'
export { type Confusion, type ConfusionCounts, confusion, confusionFigures } from './metrics/confusion.ts'
export { type DelongPaired, delongPaired } from './metrics/delong-paired.ts'
export {
  type CalibrationBin,
  type CalibrationError,
  expectedCalibrationError,
} from './metrics/expected-calibration-error.ts'
export type { Figure } from './metrics/figure.ts'
export { type LogLoss, logLoss } from './metrics/log-loss.ts'
export { type MetricIntervals, type MetricName, metricIntervals } from './metrics/metric-intervals.ts'
export { type PrecisionAtRecall, precisionAtRecall } from './metrics/precision-at-recall.ts'
export { type RocAuc, rocAuc } from './metrics/roc-auc.ts'
export { type CalibrationTest, spiegelhalter } from './metrics/spiegelhalter.ts'
export { type GainCurve, gainCurve, type TopK, topK } from './metrics/top-k.ts'
export { type CompiledLinear, compileLinear, type LinearScore } from './model/compile-linear.ts'
export { type Design, denseDesign, encodeRows, scoreDesign, sliceDesign } from './model/design.ts'
export { type Encoder, encoderColumns } from './model/encoder.ts'
export type { FeatureKind, FeatureSpec, FeatureValue } from './model/feature.ts'
export { fitEncoders } from './model/fit-encoders.ts'
export { fitLogistic, type LogisticFit, type LogisticOptions } from './model/fit-logistic.ts'
export { logit, sigmoid } from './model/sigmoid.ts'
export { benjaminiHochberg, benjaminiYekutieli } from './multiple/benjamini-hochberg.ts'
export { type EBenjaminiHochberg, eBenjaminiHochberg } from './multiple/e-benjamini-hochberg.ts'
export { bonferroni, holm, hommel } from './multiple/family-wise.ts'
export type { AdjustedP } from './multiple/p-values.ts'
export {
  learnOnline,
  type OnlineLogistic,
  type OnlineOptions,
  onlineCovariance,
  onlineProbability,
  startOnlineLogistic,
} from './online/online-logistic.ts'
export { type RunningScaler, scaleRow, scalerSees, startScaler } from './online/running-scaler.ts'
export { type LogLossGain, logLossGain } from './promotion/log-loss-gain.ts'
export { type NonInferiority, nonInferior } from './promotion/non-inferiority.ts'
export { type PairedDifferences, pairedBootstrap } from './promotion/paired-bootstrap.ts'
export {
  type Bounded,
  type CertifiedShare,
  type PromotionCheck,
  type PromotionEvidence,
  type PromotionLimits,
  type PromotionVerdict,
  promotionLevel,
  promotionRule,
  type SegmentDifference,
} from './promotion/promotion-rule.ts'
export {
  addRollback,
  brierDifference,
  clippedLogDifference,
  type RollbackEvidence,
  startRollback,
} from './promotion/rollback.ts'
export { actedCut, type SideStanding, takesOver } from './record/acting-version.ts'
export {
  type ActionBudgets,
  type CertifiedRecord,
  type CutBounds,
  certifyRecord,
  cutBounds,
  recordDelta,
  recordEvidences,
} from './record/certify-record.ts'
export {
  type CutRows,
  type CutTotals,
  countRows,
  cutTotals,
  noCounts,
  type RecordCounts,
  takeBackRows,
} from './record/counts.ts'
export { coveredShare, cutOf, cutsOf, type RecordCuts, recordCuts, recordShares } from './record/cuts.ts'
export { type NeededRows, neededRecordRows, recordEvidence, recordUpperBound } from './record/evidence.ts'
export { type HistoryPiece, type HistoryPieces, historyPieces, pieceCuts } from './record/imported-history.ts'
export { certificateDays, type IssueVerdict, issueVerdict } from './record/issue.ts'
export { countedByCoin, countMissing, labelsComplete } from './record/label-completeness.ts'
export {
  type Outlook,
  type RecordTerms,
  recordOutlook,
  reviewsToUnlock,
  type UnlockingReviews,
} from './record/outlook.ts'
export { type KnownScores, plannedChances } from './record/planned-chances.ts'
export { type RecordAge, recordBegins, recordInCharge } from './record/records.ts'
export { type PlannedShare, plannedShare, recordStarts, recordStartsAfter } from './record/starts.ts'
export { checkVersion, nextLookAt, passLevel, type VersionCheck } from './record/version-check.ts'
export { type CertifiedCuts, type ChainStart, certifyCuts, walkedEvidence } from './record/walk.ts'
export type { Refusal, RefusalCode } from './refusal.ts'
export { type Budget, checkBudget, fewestRows, spentDelta } from './risk/budget.ts'
export { type CertifiedActions, type CertifyBothOptions, certifiedAction, certifyBoth } from './risk/certify-both.ts'
export { type CertifiedLoss, certifyLoss } from './risk/certify-loss.ts'
export {
  type ActionSide,
  type CertifiedThreshold,
  type CertifyOptions,
  certifyThreshold,
} from './risk/certify-threshold.ts'
export { type LowRiskProof, observeLowRisk, startLowRiskProof } from './risk/low-risk-proof.ts'
export { certifyMissBudget, type MissBudget } from './risk/miss-budget.ts'
export { type NeededLabels, neededLabels, rowsToCarry } from './risk/needed-labels.ts'
export {
  armRestartingTripwire,
  beginRound,
  type ErrorRun,
  feedRestartingTripwire,
  type RestartingTripwire,
  rearmRestartingTripwire,
  restartTripwire,
  worstRun,
} from './risk/restarting-tripwire.ts'
export { binomialRiskP, hoeffdingBentkusP } from './risk/risk-p-values.ts'
export { armTripwire, observeTripwire, rearmTripwire, type Tripwire, tripwireBets } from './risk/tripwire.ts'
export { type Rng, rng } from './rng.ts'
export { type FoldLosses, type OneStandardError, oneStandardError } from './search/one-standard-error.ts'
export {
  type FoldScore,
  type HalvingResult,
  type HalvingTask,
  type HalvingTrial,
  successiveHalving,
} from './search/successive-halving.ts'
export { type RowRange, type TimeFold, type TimeFoldOptions, type TimeFolds, timeFolds } from './search/time-folds.ts'
export {
  type SelectiveEstimate,
  type SelectiveMethod,
  type SelectiveOptions,
  type SelectiveRows,
  selectiveEstimate,
} from './selective/selective-estimate.ts'
export { ascendingOrder } from './sort-order.ts'
export { betaQuantile } from './special/beta-quantile.ts'
export { binomialCdf } from './special/binomial.ts'
export { brownianMaximumSf, brownianRangeSf } from './special/brownian.ts'
export { chiSquareCdf, chiSquarePpf, chiSquareSf } from './special/chi-square.ts'
export { erfc } from './special/erfc.ts'
export { fCdf, fPpf, fSf } from './special/f-distribution.ts'
export { gammaQuantile } from './special/gamma-quantile.ts'
export { incompleteBeta } from './special/incomplete-beta.ts'
export { incompleteGamma, incompleteGammaUpper } from './special/incomplete-gamma.ts'
export { kolmogorovCdf, kolmogorovSf } from './special/kolmogorov.ts'
export { logGamma } from './special/log-gamma.ts'
export { normalCdf, normalPpf, normalSf } from './special/normal.ts'
export { studentTCdf, studentTPpf, studentTSf } from './special/student-t.ts'
export { actOrAsk, capacityPoint, cheapestPoint, costThreshold } from './thresholds/chosen-threshold.ts'
export { type ThresholdImpact, thresholdImpact } from './thresholds/impact.ts'
export {
  type CurveOptions,
  type CurvePoint,
  curvePoint,
  curvePoints,
  pointAt,
  type ThresholdCurve,
  thresholdCurve,
} from './thresholds/threshold-curve.ts'
export { type CompiledTrees, compileTrees, type TreeScore } from './trees/compile-trees.ts'
export { fitTrees, type TreeFit, type TreeOptions } from './trees/fit-trees.ts'
export { importXgboost } from './trees/import-xgboost.ts'
export { type RefitOptions, refitTrees, type TreeRefit } from './trees/refit-trees.ts'
export type { Tree, TreeFeature, TreeModel } from './trees/tree-model.ts'
export { fitTreeFeatures, type TreeTable, treeTable } from './trees/tree-table.ts'
