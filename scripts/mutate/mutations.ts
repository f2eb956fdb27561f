/** One known mistake: a piece of text of a source file, what it becomes, and the tests that must notice. */
export interface Mutation {
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  /** Must occur exactly once. */
  readonly from: string
  readonly to: string
  /** Test files from the root; the mutation is caught when at least one test of them fails. */
  readonly tests: readonly string[]
}

/** Mutations of one file, with the tests that must notice; paths below `folder`. */
export const below =
  (folder: string) =>
  (
    file: string,
    tests: readonly string[],
    ...mutations: readonly (readonly [name: string, from: string, to: string])[]
  ): readonly Mutation[] =>
    mutations.map(([name, from, to]) => ({
      name,
      file: `${folder}/${file}`,
      from,
      to,
      tests: tests.map(test => `${folder}/${test}`),
    }))

const at = below('packages/stats/src')

/** The mistakes that are easy to make and hard to see in a result. */
export const statsMutations: readonly Mutation[] = [
  ...at(
    'conformal/conformal-rank.ts',
    ['conformal/conformal-rank.test.ts', 'conformal/mondrian.test.ts'],
    ['conformal rank one too low', 'Math.max(1, n + 1 - Math', 'Math.max(1, n - Math'],
    ['n instead of n + 1 in the conformal rank', 'n + 1 - Math.floor((n + 1) * alpha', 'n - Math.floor(n * alpha'],
  ),
  ...at(
    'conformal/mondrian.ts',
    ['conformal/mondrian.test.ts', 'risk/certainty-promises.test.ts'],
    [
      'classes pooled instead of each its own threshold',
      '  const limit = (label: 0 | 1) => {',
      '  const pool = Float64Array.of(...scores[0], ...scores[1])\n' +
        '  scores = [pool, pool]\n  const limit = (label: 0 | 1) => {',
    ],
    [
      'interpolated quantile',
      'nthSmallest(scores[label], rank)',
      '(nthSmallest(scores[label], rank) + nthSmallest(scores[label], Math.max(1, rank - 1))) / 2',
    ],
  ),
  ...at(
    'calibration/venn-abers.ts',
    ['calibration/venn-abers.test.ts', 'calibration/venn-abers-adult.test.ts'],
    ['p0 and p1 swapped', 'scores: groups.scores, p0, p1,', 'scores: groups.scores, p0: p1, p1: p0,'],
    ['query between two scores off by one', '=== score ? at : at - 1', '=== score ? at : at - 2'],
  ),
  ...at(
    'risk/ranked-rows.ts',
    ['risk/certify-threshold.test.ts', 'risk/miss-budget.test.ts', 'risk/certainty-promises.test.ts'],
    ['certified threshold cuts inside a tie', 'while (end < order.length &&', 'while (end < 0 &&'],
  ),
  ...at(
    'risk/certify-threshold.ts',
    ['risk/certify-threshold.test.ts', 'risk/certainty-promises.test.ts'],
    [
      'walk goes on after a failed cut',
      '> delta) break\n    passed = { accepted, wrong }',
      '<= delta) passed = { accepted, wrong }',
    ],
  ),
  ...at(
    'risk/budget.ts',
    ['risk/budget.test.ts', 'risk/certainty-promises.test.ts'],
    ['delta not spent on later attempts', '(Math.PI * attempt) ** 2', 'Math.PI ** 2'],
  ),
  ...at(
    'risk/tripwire.ts',
    ['risk/tripwire.test.ts', 'risk/certainty-promises.test.ts'],
    ['evidence reset at each audit', 'log + Math.log1p(wire', 'log * 0 + Math.log1p(wire'],
  ),
  ...at(
    'risk/restarting-tripwire.ts',
    ['risk/restarting-tripwire.test.ts'],
    ['no bet is placed anew', 'Math.log1p(Math.exp(Math.min(log + steps[i]!, largest)))', 'log'],
    ['what is not bet yet stays whole', 'Math.log(1 - fed / span)', '0'],
    ['a wire of yesterday forgets what spoke against', 'Math.max(0, wire.logEvidence)', '0'],
  ),
  ...at(
    'record/evidence.ts',
    ['record/evidence.test.ts', 'record/record-promises.test.ts'],
    ['bets above fair odds', 'Math.log1p(-part * alpha) - rest', '-rest'],
  ),
  ...at(
    'record/walk.ts',
    ['record/walk.test.ts'],
    ['a chain lends what it had when it failed', 'cuts.push(cut)\n', 'cuts.push(cut)\n      else break\n'],
  ),
  ...at(
    'record/certify-record.ts',
    ['record/certify-record.test.ts'],
    ['a clear keeps one of its two budgets', 'Math.min(errors', 'Math.max(errors'],
  ),
  ...at(
    'record/cuts.ts',
    ['record/cuts.test.ts'],
    ['a case at the threshold is outside', 'score >= thresholds[cut]!', 'score > thresholds[cut]!'],
    ["the looser of the operator's threshold and the cut", 'Math.max] as const', 'Math.min] as const'],
  ),
  ...at(
    'record/counts.ts',
    ['record/counts.test.ts'],
    [
      'positives outside every cut are forgotten',
      'positives += by * label',
      'positives += place === -1 ? 0 : by * label',
    ],
    ['what is taken back stays wrong', 'if (label === wrongLabel) wrong', 'if (label === wrongLabel && by > 0) wrong'],
  ),
  ...at(
    'record/version-check.ts',
    ['record/version-check.test.ts'],
    ['a version passes on nothing', 'inside >= fewestInside', 'inside >= 0'],
    ['a version is held to one of its two budgets', '(beta === null ||', '(true ||'],
  ),
  ...at(
    'record/acting-version.ts',
    ['record/acting-version.test.ts'],
    ['a version takes over for a region however small', 'cut <= loosest + mostStricter', 'cut >= loosest'],
  ),
  ...at(
    'record/label-completeness.ts',
    ['record/label-completeness.test.ts'],
    ['a label that is missing proves nothing', 'Math.max(assumed[cut + 1] ?? 0, beyond)', 'assumed[cut + 1] ?? 0'],
    ['a whole budget of labels may be missing', 'sparedOfBudget = 1 / 8', 'sparedOfBudget = 1'],
    ['a clear without a label is no missed one', "side === 'no' ? assumed[0]! : 0", '0'],
  ),
  ...at(
    'record/issue.ts',
    ['record/issue.test.ts'],
    ['an equal certificate renews itself for ever', 'found < old.loosest', 'found <= old.loosest'],
  ),
  ...at(
    'record/imported-history.ts',
    ['record/imported-history.test.ts'],
    ['a model scores rows it was fitted on', 'fit: { from: 0, to: from }', 'fit: { from: 0, to }'],
  ),
  ...at(
    'drift/adwin.ts',
    ['drift/adwin.test.ts', 'drift/detector-vectors.test.ts'],
    ['newest bucket of each row skipped', 'row.length - 1 : row.length\n', 'row.length - 1 : row.length - 1\n'],
  ),
  ...at(
    'drift/ks.ts',
    ['drift/ks.test.ts'],
    [
      'ties consumed on one side only',
      'while (i < n && a[i]! === value) i++\n    while (j < m && b[j]! === value) j++',
      'if (a[i]! === value) i++\n    else j++',
    ],
  ),
  ...at(
    'experiments/cuped.ts',
    ['experiments/cuped.test.ts', 'metrics/degenerate.test.ts'],
    [
      'outcomes adjusted in place',
      'const adjusted = y.map((value, i) => value - theta * (x[i]! - before.mean))',
      'const adjusted = y\n  for (let i = 0; i < n; i++) y[i]! -= theta * (x[i]! - before.mean)',
    ],
  ),
  ...at(
    'metrics/delong-paired.ts',
    ['metrics/delong-paired.test.ts', 'experiments/decision-promises.test.ts'],
    ['unpaired instead of paired', 'varianceA + varianceB - 2 * covariance', 'varianceA + varianceB'],
  ),
  ...at(
    'metrics/roc-auc.ts',
    ['metrics/roc-auc.test.ts', 'metrics/metamorphic.test.ts'],
    ['ties lost instead of shared', 'negativesBelow + zeros[k]! / 2', 'negativesBelow'],
  ),
  ...at(
    'score-groups.ts',
    ['score-groups.test.ts', 'metrics/roc-auc.test.ts', 'metrics/metamorphic.test.ts'],
    ['one row of class 1 per tie', 'while (j < sortedOnes', 'if (j < sortedOnes'],
  ),
  ...at(
    'metrics/precision-at-recall.ts',
    ['metrics/precision-at-recall.test.ts', 'metrics/metamorphic.test.ts'],
    ['recall reached inside a tie', 'while (start > 0 && scores', 'while (start > 0 && hits < wanted && scores'],
  ),
  ...at(
    'metrics/confusion.ts',
    ['metrics/confusion.test.ts'],
    ['threshold itself is no alert', 'scores[i]! >= threshold', 'scores[i]! > threshold'],
    ['1 - precision called the false positive rate', '(fp, fp + tn, level)', '(fp, fp + tp, level)'],
  ),
  ...at(
    'metrics/card-precision.ts',
    ['metrics/card-precision.test.ts'],
    ['subjects once found are looked at again', 'if (found.has(subject)) continue', ''],
  ),
  ...at(
    'bootstrap/subject-bootstrap.ts',
    ['bootstrap/subject-bootstrap.test.ts'],
    ['rows drawn instead of subjects', 'perSubject[index.ofRow[i]!]!', 'poissonOne(rng)'],
  ),
  ...at(
    'promotion/rollback.ts',
    ['promotion/rollback.test.ts', 'experiments/decision-promises.test.ts'],
    ['rolled back by the largest bet alone', ' / logs.length)', ')'],
    ['a rollback forgotten', 'evidence.rollBack || logEvidence', 'logEvidence'],
  ),
  ...at(
    'promotion/promotion-rule.ts',
    ['promotion/promotion-rule.test.ts', 'experiments/decision-promises.test.ts'],
    ['promoted on the estimate instead of its bound', 'loss.upper < 0', 'loss.value < 0'],
    ['not worse without a reason', 'notWorse && reason !== null ?', 'notWorse ?'],
  ),
  ...at(
    'experiments/compare-means.ts',
    ['experiments/confidence-sequence.test.ts', 'experiments/decision-promises.test.ts'],
    ['confidence sequence with n per arm', 'a.n + b.n, level, tuning', 'Math.min(a.n, b.n), level, tuning'],
  ),
  ...at(
    'experiments/sample-ratio.ts',
    ['experiments/sample-ratio.test.ts'],
    ['sample ratio alarm without a floor', '&& deviation >= (limits.deviation ?? 0.01) - 1e-12', ''],
  ),
  ...at(
    'experiments/cluster-comparison.ts',
    ['experiments/cluster-comparison.test.ts', 'experiments/decision-promises.test.ts'],
    ['units counted instead of clusters', '(squares / (k - 1)) * k', 'ratio * (1 - ratio) * units'],
  ),
  ...at(
    'search/time-folds.ts',
    ['search/search.test.ts'],
    ['no gap between training and test', 'times[test.from]! - gap, test.from', 'times[test.from]!, test.from'],
    [
      'training rows from any time',
      'const fold = { train, test }',
      'const fold = { train: { from: 0, to: searchEnd }, test }',
    ],
  ),
  ...at(
    'online/online-logistic.ts',
    ['online/online-logistic.test.ts'],
    ['Newton steps without halving', '&& turn % 3 !== 0', '|| newton === newton'],
  ),
  ...at(
    'model/fit-logistic.ts',
    ['model/fit-logistic.test.ts'],
    ['class weights without prior correction', '[design.columns]! - priorCorrection', '[design.columns]!'],
  ),
  ...at(
    'model/design.ts',
    ['model/design.test.ts', 'model/compile-linear.test.ts'],
    ['unknown level taken for level 0', '?? encoder.levels.length)', '?? 0)'],
  ),
  ...at(
    'trees/grow/phases.ts',
    ['trees/fit-trees.test.ts', 'trees/tree-promises.test.ts'],
    ['sibling histogram not subtracted', 'subtractHistogram(arena, built, sibling, from, to)\n', '\n'],
  ),
  ...at(
    'trees/grow/grow-tree.ts',
    ['trees/fit-trees.test.ts', 'trees/tree-promises.test.ts'],
    ['missing values always left', 'const missingLeft = answer[3]!', 'const missingLeft = 1'],
  ),
  ...at(
    'selective/selective-estimate.ts',
    ['selective/selective-estimate.test.ts'],
    ['propensity ignored', 'const weight = 1 / propensity[i]!', 'const weight = 1'],
  ),
  ...at(
    'delay/maturity.ts',
    ['delay/maturity.test.ts'],
    ['immature rows judged as if nothing would come', 'if (age >= from.age) {', 'if (age >= 0) {'],
  ),
]
