import { below, type Mutation } from './mutations.ts'

const at = below('packages/stats/src')

/** Mistakes at a limit: a value that lies exactly on it, one rank too few, one row too many. */
export const limitMutations: readonly Mutation[] = [
  ...at(
    'risk/risk-p-values.ts',
    ['risk/risk-p-values.test.ts'],
    ['losses rounded down to whole rows', 'Math.ceil(n * meanLoss - 1e-9)', 'Math.floor(n * meanLoss + 1e-9)'],
    ['rounding costs a whole row', 'meanLoss - 1e-9', 'meanLoss'],
    ['the larger of the two bounds left out', 'Math.min(1, hoeffding, bentkus)', 'Math.min(1, bentkus)'],
  ),
  ...at(
    'conformal/mondrian.ts',
    ['conformal/mondrian.test.ts'],
    ['the floor of class 0 asked of class 1 in a bin', 'cell.n[1] >= sets.floor[1]', 'cell.n[1] >= sets.floor[0]'],
    ['a bin at the floor falls back to its parent', 'cell.n[0] >= sets.floor[0]', 'cell.n[0] > sets.floor[0]'],
    ['a score at its threshold is outside the set', 'score <= limit\n', 'score < limit\n'],
    ['the same in a batch', '(value <= zero ? 1 : 0) |', '(value < zero ? 1 : 0) |'],
  ),
  ...at(
    'calibration/choose-calibrator.ts',
    ['calibration/choose-calibrator.test.ts'],
    ['rows are fitted on whose outcome nobody knew', 'from - gapRows', 'from'],
    ['the best calibrator instead of the simplest within an error', 'excess > standardError', 'excess > 0'],
    ['a calibrator more than an error worse because it is simpler', 'excess > standardError', 'excess > 1e9'],
  ),
  ...at(
    'calibration/platt.ts',
    ['calibration/platt.test.ts'],
    ['a slope of 0 ranks', 'fit.slope > 0', 'fit.slope >= 0'],
    ['targets of 0 and 1', '(positives + 1) / (positives + 2)', '1'],
  ),
  ...at(
    'experiments/two-proportions.ts',
    ['experiments/two-proportions.test.ts'],
    [
      'the least expected count by the larger arm',
      'Math.min(nA, nB) * Math.min(hits',
      'Math.max(nA, nB) * Math.min(hits',
    ],
    ['exactly five expected refused', 'expected < leastExpected', 'expected <= leastExpected'],
  ),
  ...at(
    'bootstrap/subject-bootstrap.ts',
    ['bootstrap/subject-bootstrap.test.ts'],
    ['the upper rank one short', 'sorted[sorted.length - rank]', 'sorted[sorted.length - rank - 1]'],
    ['the lower rank one too far', 'sorted[rank - 1]!', 'sorted[rank]!'],
    ['a tenth of the replicates undefined', 'mostUndefined = 0.01', 'mostUndefined = 0.1'],
    ['ten subjects refused', 'index.count < leastSubjects', 'index.count <= leastSubjects'],
  ),
  ...at(
    'explain/linear-shap.ts',
    ['explain/linear-shap.test.ts'],
    ['contributions need not add up', 'apart > additivityTolerance', 'apart > 1e300'],
  ),
  ...at(
    'explain/tree-shap.ts',
    ['explain/tree-shap.test.ts', 'explain/linear-shap.test.ts'],
    [
      'the distance of one row is not looked at',
      'if (apart > worst || Number.isNaN(apart)) worst = apart',
      'worst = apart',
    ],
  ),
  ...at(
    'search/one-standard-error.ts',
    ['search/search.test.ts'],
    ['n for n - 1 in a standard error', 'squares / (folds - 1) / folds', 'squares / folds / folds'],
    ['an excess of exactly one standard error is too much', 'if (middle > Math.sqrt(', 'if (middle >= Math.sqrt('],
  ),
  ...at(
    'search/successive-halving.ts',
    ['search/search.test.ts'],
    ['survivors rounded down', 'Math.ceil(last.length / eta - 1e-9)', 'Math.floor(last.length / eta + 1e-9)'],
    ['a field that is cut by one is whole', 'affordable < alive.length', 'affordable + 1 < alive.length'],
  ),
  ...at(
    'drift/two-gates.ts',
    ['drift/two-gates.test.ts'],
    ['evidence exactly at the level is none', 'adjustedP <= level', 'adjustedP < level'],
    ['a change exactly at its floor is too small', 'size >= floor]', 'size > floor]'],
    ['one gate is enough', 'alarm: evidence && large', 'alarm: evidence || large'],
  ),
  ...at(
    'thresholds/chosen-threshold.ts',
    ['thresholds/thresholds.test.ts'],
    ['a lower end exactly at the threshold acts', 'p0 > threshold', 'p0 >= threshold'],
    ['an upper end exactly at the threshold clears', 'p1 < threshold', 'p1 <= threshold'],
    ['of two points that cost the same the looser one', 'cost < least', 'cost <= least'],
    ['the capacity itself is too much', 'options.days + 1e-9', 'options.days - 1e-9'],
  ),
  ...at(
    'thresholds/threshold-curve.ts',
    ['thresholds/thresholds.test.ts'],
    [
      'a score at the threshold lies below it',
      'curve.thresholds[middle]! >= threshold',
      'curve.thresholds[middle]! > threshold',
    ],
  ),
  ...at(
    'trees/grow/find-split.ts',
    ['trees/fit-trees.test.ts', 'trees/tree-promises.test.ts'],
    [
      'a leaf of exactly the least weight refused',
      'if (leftH >= minChildWeight && rightH >= minChildWeight) {',
      'if (leftH > minChildWeight && rightH > minChildWeight) {',
    ],
    [
      'the same with missing values to the left',
      'withH >= minChildWeight && restH >= minChildWeight',
      'withH > minChildWeight && restH > minChildWeight',
    ],
    [
      'the same where values are bounded',
      '(leftH >= minChildWeight && rightH >= minChildWeight)) return',
      '(leftH > minChildWeight && rightH > minChildWeight)) return',
    ],
    [
      'of two cuts that gain the same the later one',
      '- atRest\n      if (gain > top)',
      '- atRest\n      if (gain >= top)',
    ],
    ['a column that must rise may fall', 'direction * (right - left) < 0', 'direction * (right - left) > 0'],
    ['unseen missing values go the lighter way', 'best[5]! * 2 >= h ? 1 : 0', 'best[5]! * 2 < h ? 1 : 0'],
    ['evenly parted, unseen missing values go right', 'best[5]! * 2 >= h', 'best[5]! * 2 > h'],
  ),
  ...at(
    'drift/adwin.ts',
    ['drift/adwin.test.ts', 'drift/detector-vectors.test.ts'],
    ['a side of six values is compared', 'n1 <= leastSide', 'n1 < leastSide'],
  ),
  ...at(
    'risk/needed-labels.ts',
    ['risk/needed-labels.test.ts'],
    ['a share equal to the budget goes on', 'share >= epsilon', 'share > epsilon'],
    ['a chance of exactly delta is not enough', 'middle, epsilon) <= delta', 'middle, epsilon) < delta'],
    ['the same of the last row of a count', 'lastOf(k), epsilon) <= delta', 'lastOf(k), epsilon) < delta'],
  ),
  ...at(
    'risk/miss-budget.ts',
    ['risk/miss-budget.test.ts', 'risk/certainty-promises.test.ts'],
    ['a row at the bound of the miss budget is cleared', 'scores[i]! < below', 'scores[i]! <= below'],
    ['one positive more is missed', 'passed++ === low', 'passed++ === low + 1'],
  ),
  ...at(
    'risk/tripwire.ts',
    ['risk/tripwire.test.ts', 'risk/certainty-promises.test.ts'],
    [
      'a wire that tripped rests when the evidence falls',
      'tripped: wire.tripped || logEvidence',
      'tripped: logEvidence',
    ],
    ['armed again at the same delta', 'const delta = wire.delta / 2', 'const delta = wire.delta'],
    ['a rare audit counts like a certain one', 'loss / probability : 0', 'loss : 0'],
    ['exactly 1/delta trips nothing', '-Math.log(wire.delta) - 1e-12', '-Math.log(wire.delta) + 1e-9'],
  ),
  ...at(
    'record/version-check.ts',
    ['record/version-check.test.ts'],
    ['ten rows inside are too few', 'inside >= fewestInside', 'inside > fewestInside'],
    ['a version passes beyond its error budget', 'binomialCdf(wrong, inside, alpha) <= passLevel', 'wrong >= 0'],
    ['rows beyond the newest are always looked at', 'y.length - 1 - i >= newest &&', 'false &&'],
  ),
  ...at(
    'record/certify-record.ts',
    ['record/certify-record.test.ts'],
    ['a suspension leaves delta as it was', 'delta / 2 ** halvings', 'delta'],
    [
      'a clear that misses by too much',
      'recordUpperBound(bad, positives, delta)',
      'recordUpperBound(bad, inside, delta)',
    ],
  ),
]
