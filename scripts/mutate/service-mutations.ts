import { below, type Mutation } from './mutations.ts'

const server = below('packages/server/src')
const pii = below('packages/pii/src')

/** Mistakes in the rules of the service: what may act, what is certified, what replaces a model, what is blinded, what is proven. */
export const serviceMutations: readonly Mutation[] = [
  ...server(
    'pipeline/decide/stands-in-the-way.ts',
    ['pipeline/decide/stands-in-the-way.test.ts', 'pipeline/decide/decide.test.ts'],
    ['lower bound compared unrounded', 'six(measured) < floor', 'measured < floor'],
    ['an expired certificate still counts', 'certificate.expiresAt <= atMs', 'certificate.expiresAt < 0'],
    ['the lower end of a certified region ignored', 'score < certificate.below', 'score < 2'],
  ),
  ...server(
    'pipeline/learn/champion.ts',
    ['pipeline/learn/checks.test.ts', 'pipeline/learn/train-model.test.ts'],
    ['champion judged by the estimate, not its bound', 'lower > championMargin', 'difference > championMargin'],
    ['any challenger replaces the champion', 'lower > championMargin, sentence', 'lower > -1, sentence'],
    ['flipped labels without an interval', 'found.upper < 0.5 && 1', 'found.value < 0.5 && 1'],
    ['flipped labels without full strength', '1 - found.value >= champion.metrics.auc_ci[0]', 'found.value < 0.5'],
    ['labels run backwards by the estimate alone', 'own.upper < 0.5', 'own.auc < 0.5'],
  ),
  ...server(
    'pipeline/learn/quality.ts',
    ['pipeline/learn/checks.test.ts', 'pipeline/learn/train-model.test.ts'],
    ['Brier score up to twice the baseline', 'own <= baseline', 'own <= 2 * baseline'],
    ['lower bound of the AUC replaced by the AUC', 'lower >= bound', 'value >= bound'],
    ['a stale model accepted', 'days < freshDays', 'days <= freshDays'],
  ),
  ...server(
    'pipeline/learn/segments.ts',
    ['pipeline/learn/checks.test.ts', 'pipeline/learn/train-model.test.ts'],
    ['a weaker floor for segments', 'segmentFloor = 0.55', 'segmentFloor = 0.3'],
    ['a segment at the floor refused', 'segment.auc! < segmentFloor', 'segment.auc! <= segmentFloor'],
  ),
  ...server(
    'model/gate.ts',
    ['model/gate.test.ts'],
    ['exactly 100 rows refused', 'rows < leastTrainingRows', 'rows <= leastTrainingRows'],
    ['an interval upside down', ' && lower <= upper', ''],
    ['a hundred attributes', 'mostAttributes = 50', 'mostAttributes = 100'],
    ['the floor itself refused', 'auc < rules.minAuc', 'auc <= rules.minAuc'],
    ['any signature', '!verifySignature(model.digest, model.signature, rules.trusted)', 'false'],
  ),
  ...server(
    'store/calibration-rows.ts',
    ['manage/autonomy/tripwires.db.test.ts'],
    ['bulk answers feed the tripwire', "and quality <> 'bulk' and decided_at <= $5", 'and decided_at <= $5'],
    ['acts that were not audited feed the tripwire', 'and audited and not watched', 'and not watched'],
  ),
  ...server(
    'pipeline/record/batch.ts',
    ['pipeline/record/batch.test.ts'],
    [
      'one blinded decision leaves the others shown',
      'reviews.some(({ blinded }) => blinded)',
      'reviews.every(({ blinded }) => blinded)',
    ],
    ['a place ends with its first question', 'Math.max(...reviews.map', 'Math.min(...reviews.map'],
    ['the least urgent question leads', 'levelOf(one) < levelOf(most)', 'levelOf(one) > levelOf(most)'],
  ),
  ...server(
    'pipeline/act/ending.ts',
    ['act-steps.e2e.test.ts'],
    ['a step that is called off takes back what was done', '!act.begun && (', '('],
  ),
  ...server(
    'app/active.ts',
    ['two-questions.e2e.test.ts'],
    ['questions of a pod share what is allowed', "'name'>): string =>", "'name'>): string => pod ||"],
  ),
  ...server(
    'store/conservation.ts',
    ['two-questions.e2e.test.ts'],
    ['books mix the transitions of two questions', 'and t.decision_id = d.decision_id and', 'and'],
  ),
  ...server(
    'pipeline/decide/decide.ts',
    ['pipeline/decide/coin.test.ts'],
    ['two questions of an event share their coin', "['draws', question.name, eventId", "['draws', eventId"],
  ),
  ...server(
    'manage/receipts/walk-chain.ts',
    ['manage/receipts/corruption.db.test.ts'],
    ['the state of a chain is not checked', '!hash.equals(chain.hash)', 'hash.length === 0'],
    ['a forged head beyond the end', 'later.some(head => !headHolds(head))', 'later.length < 0'],
  ),
  ...server(
    'manage/receipts/head.ts',
    ['manage/receipts/corruption.db.test.ts'],
    ['the name of the key is not checked', 'keyIdOf(head.publicKey) !== head.keyId', 'head.keyId === ""'],
  ),
  ...server(
    'store/conservation.ts',
    ['manage/conservation/conservation.db.test.ts'],
    ['the end of a span included', 'd.recorded_at < $4', 'd.recorded_at <= $4'],
  ),
  ...pii(
    'card.ts',
    ['redactor.test.ts'],
    ['check digit wrong for a doubled 5', 'digit > 4', 'digit > 5'],
    ['American Express of sixteen digits, 34', "['34', '34', 15, 15]", "['34', '34', 15, 16]"],
    ['American Express of sixteen digits, 37', "['37', '37', 15, 15]", "['37', '37', 15, 16]"],
    ['the end of the second range of Mastercard gone', "['2221', '2720', 16, 16]", "['2221', '2620', 16, 16]"],
  ),
  ...pii('ssn.ts', ['redactor.test.ts'], ['serial 0000 issued', "digits.slice(5) !== '0000'", 'digits.length === 9']),
  ...pii('phone.ts', ['redactor.test.ts'], ['fifteen digits at most', 'mostDigits = 18', 'mostDigits = 15']),
  ...pii('redactor.ts', ['redactor.test.ts'], ['a token without its type', 'type}\\0', 'type.slice(9)}']),
]
