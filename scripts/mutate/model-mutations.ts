import { below, type Mutation } from './mutations.ts'

const server = below('packages/server/src')
const checks = ['pipeline/learn/checks.test.ts', 'pipeline/learn/train-model.test.ts']

/** Mistakes by which a model serves that should not: the gate, the locks of learning, and what a signature is. */
export const modelMutations: readonly Mutation[] = [
  ...server(
    'model/gate.ts',
    ['model/gate.test.ts'],
    ['a changed file passes', 'digestOf(candidate) !== model.digest', 'digestOf(candidate) === ""'],
    ['a file of another question passes', 'questionOf(model) !== rules.question)', 'rules.question === "")'],
    ['a file of another pod passes', 'model.pod !== rules.pod)', 'model.pod === "")'],
    ['a file of another tenant passes', 'model.tenant !== rules.tenant)', 'model.tenant === "")'],
    ['features that the pod does not know pass', "!name.startsWith('attr.')", 'name === ""'],
    ['an encoder of another kind passes', 'featureKindOf[kind] !== spec.kind', 'featureKindOf[kind] === undefined'],
    ['a lower bound at its own floor is refused', 'interval[0] >= lowestBound', 'interval[0] > lowestBound'],
    ['the lower bound is not looked at', '!(interval[0] >= lowestBound(rules.minAuc))', 'interval[0] < 0'],
    [
      'the lowest bound is not rounded',
      'Math.round((minAuc - lowerBoundSlack) * 1e12) / 1e12',
      'minAuc - lowerBoundSlack',
    ],
    ['trees that lead nowhere pass', 'if (malformed !== null)', 'if (malformed === "")'],
    ['part of a row counts as rows', '!Number.isSafeInteger(rows) ||', ''],
    [
      'an AUC above one is believed',
      'isFiniteNumber(value) && value >= 0 && value <= 1',
      'isFiniteNumber(value) && value >= 0',
    ],
  ),
  ...server(
    'model/signature.ts',
    ['model/gate.test.ts'],
    ['a key that nobody trusts signs', 'if (key === undefined) return false', 'if (key === undefined) return true'],
    ['a signature of any bytes holds', 'value.length === 64 && verify(', 'value.length === 64 || verify('],
  ),
  ...server(
    'pipeline/learn/enough-rows.ts',
    checks,
    ['exactly as many rows as are needed are refused', 'if (have < need)', 'if (have <= need)'],
    ['ten of each class among the newest are too few', 'fewest < heldOutPerClass', 'fewest <= heldOutPerClass'],
    ['one class is enough', 'Math.min(positives, negatives)', 'Math.max(positives, negatives)'],
  ),
  ...server(
    'pipeline/learn/split.ts',
    checks,
    ['rows that train are judged', 'trainRows: n - held', 'trainRows: n'],
    ['the newest rows train', 'for (let i = n - held; i < n; i++)', 'for (let i = 0; i < held; i++)'],
    ['ten of each class widen the part that judges', '>= heldOutPerClass) break', '> heldOutPerClass) break'],
    ['a fold is judged by rows that it was fitted on', 'train: edge(k), until', 'train: edge(k + 1), until'],
  ),
  ...server(
    'pipeline/learn/leak.ts',
    checks,
    ['a feature that ranks at the limit knows nothing', 'worst.auc >= leakLimit', 'worst.auc > leakLimit'],
    ['what is missing is a value like any other', "return 'missing'", "return '0'"],
  ),
  ...server(
    'pipeline/learn/golden-cases.ts',
    checks,
    ['a golden case at its lower bound is broken', 'probability >= golden.least', 'probability > golden.least'],
    ['a golden case at its upper bound is broken', 'probability <= golden.most', 'probability < golden.most'],
    [
      'a golden case without a score holds',
      'probability !== null && probability >=',
      'probability === null || probability >=',
    ],
  ),
  ...server(
    'pipeline/learn/segments.ts',
    checks,
    ['fifty rows are no segment', 'places.length >= leastSegmentRows', 'places.length > leastSegmentRows'],
    ['one weak segment is made up for', 'failed.length > 0', 'failed.length === known.length'],
    ['what was imported is live', "source !== 'imported'", "source !== ''"],
    ['fifty live labels are too few', 'places.length < leastLiveRows', 'places.length <= leastLiveRows'],
    ['live labels at the floor are too weak', 'auc >= minAuc, sentence', 'auc > minAuc, sentence'],
  ),
  ...server(
    'pipeline/learn/champion.ts',
    checks,
    [
      'a challenger that is as good takes over',
      'found.lower > limit, `${measured}',
      'found.lower >= limit, `${measured}',
    ],
    [
      'a challenger that is better by its estimate takes over',
      'found.lower > limit, `${measured}',
      'found.gain > limit, `${measured}',
    ],
    ['a young champion makes way for what is no better', 'goes || ageMs > renewedAfterMs', 'goes || ageMs > 0'],
    ['thirty days are old', 'ageMs > renewedAfterMs', 'ageMs >= renewedAfterMs'],
    ['a champion that goes must be beaten', 'goes || ageMs', 'ageMs'],
  ),
  ...server(
    'pipeline/learn/held-out.ts',
    ['pipeline/learn/checks.test.ts'],
    ['the oldest rows of a tenant are kept', 'own.slice(-most)', 'own.slice(0, most)'],
  ),
]
