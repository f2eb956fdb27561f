import { below, type Mutation } from './mutations.ts'

const server = below('packages/server/src')

/** Mistakes in which version is acted on, and in the cut that a case is counted under. */
export const actingMutations: readonly Mutation[] = [
  ...server(
    'pipeline/decide/kappa.ts',
    ['pipeline/decide/kappa.test.ts'],
    ['the strictest cut is one too loose', 'return cutOf(cuts, p)', 'return Math.max(-1, cutOf(cuts, p) - 1)'],
    ["acts below the operator's threshold are counted", 'p >= floor', 'p >= 0'],
    ["a clear at the operator's threshold is counted", 'p < floor', 'p <= floor'],
    ['a case that misses a condition is counted', 'missedConditions(action, said, floor).length > 0', 'false'],
    [
      'where no model serves a case is outside every cut',
      'return { act: null, clear: null }',
      'return { act: -1, clear: -1 }',
    ],
    ['a side that is missing is counted', 'sides.act === undefined ? null', 'sides.act === undefined ? -1'],
  ),
  ...server(
    'pipeline/decide/decide.ts',
    ['pipeline/decide/acting.test.ts', 'pipeline/decide/kappa.test.ts'],
    [
      'the model that serves is certified, whoever is acted on',
      'return { ...item.acting, calibration: acting.calibration, certified: true }',
      'return servingVoice(item, autonomy, true)',
    ],
    [
      'a process without the version that is acted on acts by the one it has',
      'const certificate = voice.certified ? state.certificate : null',
      'const { certificate } = state',
    ],
    ['what that process decides is counted by another score', 'acting.certified && !isLate', '!isLate'],
    ['what comes late is counted like what is settled', 'acting.certified && !isLate(item)', 'acting.certified'],
    ['a rule is counted like a model', ': mainAlone.kappa', ': kappaOf(acting, autonomy, policy.threshold)'],
    ['the plain rule goes by the version that is acted on', "found.gate !== 'threshold' || acting", 'true || acting'],
    ['one of two scores is enough for the plain rule', "if (own.gate === 'threshold') return", 'if (own.gate) return'],
    [
      'the calibrator of the other model is looked at',
      'return { ...item.acting, calibration: acting.calibration,',
      'return { ...item.acting, calibration: autonomy.calibration,',
    ],
  ),
  ...server(
    'pipeline/decide/stands-in-the-way.ts',
    ['pipeline/decide/acting.test.ts'],
    ['a cut of a record is held against the lower bound', 'certificate.cut === null ? measured', 'true ? measured'],
  ),
  ...server(
    'manage/autonomy/autonomy-of.ts',
    ['manage/autonomy/load-acting.db.test.ts'],
    ['a version that is not loaded is acted on', '(acting.serves || acting.model !== null)', 'acting.version > 0'],
  ),
  ...server(
    'manage/autonomy/load-autonomy.ts',
    ['manage/autonomy/load-acting.db.test.ts'],
    ['a certified cut is acted on without a pass', 'passes: passes ?? []', 'passes: cuts'],
  ),
  ...server(
    'store/autonomy-state.ts',
    ['manage/autonomy/load-acting.db.test.ts'],
    ['without a record an older version goes on', 'exists (select from in_force where record_id is not null)', 'true'],
    ['a withdrawn version is acted on', 'and m.accepted_at is not null', ''],
    [
      'what was certified of one model counts for every version',
      'record_id is not null or model_digest = (select digest from acting)\n            order',
      'true\n            order',
    ],
    [
      'passes of the model that serves count',
      'k.model_digest = (select digest from acting)',
      'k.model_digest = (select digest from model)',
    ],
  ),
  ...server(
    'manage/autonomy/freeze-cuts.ts',
    ['manage/autonomy/freeze-cuts.db.test.ts'],
    [
      'what a version decided itself is scored anew',
      "vector['score.modelDigest'] === model.digest",
      "vector['score.modelDigest'] === ''",
    ],
    ['both sides have the same cuts', "side === 'act' ? 'yes' : 'no'", "'yes'"],
  ),
  ...server(
    'store/version-cuts.ts',
    ['manage/autonomy/freeze-cuts.db.test.ts'],
    ['cuts of another version are taken for its own', 'and model_digest = $4', 'and $4::text is not null'],
  ),
  ...server(
    'store/label-cursors.ts',
    ['acting.e2e.test.ts'],
    ['what was audited is watched twice', 'audited and probability is null', 'audited'],
    [
      'what was done by a score that serves without one is not watched',
      'when probability is null then action end',
      'when false then action end',
    ],
    [
      'a label that is taken back stays with the version that is acted on',
      'union select acting_digest from words where acting_digest is not null',
      '',
    ],
  ),
  ...server(
    'store/model-scope.ts',
    ['manage/autonomy/held-out.db.test.ts'],
    [
      'rows of the version that is acted on go with old models',
      'union all select model_digest from acting_versions where tenant_id = $1 and pod = $2 and question = $3',
      '',
    ],
  ),
  ...server(
    'manage/receipts/issue.ts',
    ['acting.e2e.test.ts'],
    ['a receipt is given for a changed prediction', 'predictionsDigest(predictions) !== named', 'false'],
  ),
  ...server(
    'store/receipt-rows.ts',
    ['acting.e2e.test.ts'],
    [
      'a prediction that is gone is not missed',
      'predictionsDigest((rows ?? [])',
      'rows !== undefined && predictionsDigest(rows',
    ],
  ),
  ...server(
    'store/predictions.ts',
    ['store/predictions.test.ts'],
    ['a bound is not digested', '        one.upper,\n', ''],
  ),
]
