import { actingMutations } from './acting-mutations.ts'
import { certificateMutations } from './certificate-mutations.ts'
import { below, type Mutation } from './mutations.ts'
import { outageMutations } from './outage-mutations.ts'
import { recordMutations } from './record-mutations.ts'

const server = below('packages/server/src')
const pii = below('packages/pii/src')

/** Mistakes by which a fold is lost or done twice, or an event judged with a past that is not its own. */
const stateMutations: readonly Mutation[] = [
  ...server(
    'store/groups.ts',
    ['app/two-processes.db.test.ts'],
    ['groups are read and not locked', 'wanted.group_key for no key update', 'wanted.group_key'],
    ['groups of a rank are locked as they come', 'order by group_key collate "C" offset 0', 'offset 0'],
  ),
  ...server(
    'store/state-batch.ts',
    ['app/two-processes.db.test.ts'],
    [
      'state is read before its groups are locked',
      'allOf(lockGroups(db, plan)),\n    heldEpoch(db, tenant, pod),\n    readState(db, plan, plan.state),',
      '...(read => [allOf(lockGroups(db, plan)), heldEpoch(db, tenant, pod), read])(readState(db, plan, plan.state)),',
    ],
    [
      'an event that was there is judged again',
      'fresh.rows.map(row => row.event_id)',
      'plan.keys.map(key => key.eventId)',
    ],
    ['a refused event keeps its id', 'back.has(key.eventId)', 'false'],
  ),
  ...server(
    'pipeline/record/record.ts',
    ['app/one-bad-item.db.test.ts'],
    ['one event that cannot be written takes its batch', 'if (!mayBeOfOne(error))', 'if (true)'],
    [
      'what belongs to a case is written before what opens it',
      'const openersFirst = [',
      'const openersFirst = items ?? [',
    ],
  ),
  ...server(
    'pipeline/held.ts',
    ['app/one-bad-item.db.test.ts'],
    [
      'one event that names groups takes its batch',
      'recordUnlessRefused(part, deps), isOfOne)',
      'recordUnlessRefused(part, deps), () => false)',
    ],
  ),
  ...server(
    'pipeline/now.ts',
    ['app/one-bad-item.db.test.ts'],
    ['a tenant that cannot be read takes its batch', 'if (tenants.size === 1) throw error', 'throw error'],
    [
      'an event that cannot be decided takes its batch',
      'if (items.length === 1) return [failed',
      'if (true) return [failed',
    ],
  ),
  ...server(
    'store/outcomes.ts',
    ['app/one-bad-item.db.test.ts'],
    ['what is written in parts counts its places anew', 'row.place ?? place', 'place'],
  ),
  ...server(
    'pipeline/detect/judge.ts',
    ['pipeline/detect/judge.test.ts'],
    [
      'an event is folded before it is measured',
      'const detected = detect(',
      'fold(item, at, { evaluations: [], unknowns: [] }, memory)\n  const detected = detect(',
    ],
    [
      'a refused event leaves what it had folded',
      'refused.set(item, error)\n        return true',
      'refused.set(item, error)',
    ],
  ),
  ...server(
    'pipeline/detect/look.ts',
    ['pipeline/detect/judge.test.ts'],
    ['a late event sees what came after it as its past', 'kind.before(value, seen.at)', 'value'],
    ['a late event sees its past as what came after it', 'kind.after(value, seen.at)', 'value'],
  ),
  ...server(
    'pipeline/detect/place.ts',
    ['pipeline/detect/judge.test.ts'],
    ['links are followed as of now', 'link.at(value, seen.at)', 'link.at(value, Number.MAX_SAFE_INTEGER)'],
  ),
  ...server(
    'pipeline/detect/fold.ts',
    ['pipeline/detect/judge.test.ts'],
    ['a site that was left hears nothing', 'const others = everywhere ?', 'const others = !everywhere ?'],
  ),
  ...server(
    'pipeline/detect/memory.ts',
    ['pipeline/detect/judge.test.ts'],
    ['a fold may point to what another event holds', '!holds(link)', '!this.#held.groups.has(link)'],
  ),
  ...server(
    'pipeline/recall/recall.ts',
    ['app/held-line.db.test.ts'],
    ['a row that is found late is never read', "whole.has(kind) ? 'all' : bucketAhead(", 'bucketAhead('],
  ),
  ...server(
    'pipeline/held.ts',
    ['app/held-knowledge.db.test.ts'],
    ['the epoch is not compared', '.epoch < recalled.epoch', '.epoch < 0'],
    ['the change of reference data is not compared', 'known < reference.change', 'known < 0'],
    [
      'events stay at the groups of old reference data',
      'out.has(item.eventId) ? item : named(',
      'true ? item : named(',
    ],
    ['an event without groups spoils its batch', 'out.set(item.eventId, again)\n      return item', 'throw again'],
  ),
  ...server(
    'pipeline/held.ts',
    ['app/held-line.db.test.ts'],
    ['an id of ours that is taken is a repeat', 'calledAsItsCase(item) &&', 'false &&'],
    ['a batch that others hold up is a fault', '&& !overloaded) throw', ') throw'],
    ['places that a cap has left are not taken', 'capsReached++', 'capsReached += mostCapsReached'],
  ),
  ...server(
    'pipeline/held.ts',
    ['alerts.e2e.test.ts'],
    ['an answer leaves its alert open', 'book.settle(caseId, recordedAt.getTime(), question)', 'void book'],
  ),
  ...server(
    'pipeline/attach/attach.ts',
    ['app/alert-acts.db.test.ts'],
    ['what is done about an alert is done again', 'before.includes(askedBy(one))', 'before.length > 99'],
  ),
  ...server(
    'pipeline/attach/case-book.ts',
    ['pipeline/attach/case-book.test.ts'],
    ['the window of an alert is closed at its end', 'by.at - firstSeen) < window', 'by.at - firstSeen) <= window'],
    [
      'what is told of one question closes its alert',
      'question === undefined || open.asked.every',
      'open !== undefined || open.asked.every',
    ],
    ['nothing raises an alert', 'level(by.severity) > level(near.severity)', 'by.at < 0'],
  ),
  ...server(
    'pipeline/record/batch.ts',
    ['app/alert-acts.db.test.ts'],
    ['an act on a touched alert has the token of an untouched one', 'item.hung?.token ?? 0', '0'],
  ),
  ...server(
    'pipeline/held.ts',
    ['app/alert-acts.db.test.ts'],
    ['what is decided after a touch of its batch is void', 'book.touch(caseId)', 'void caseId'],
  ),
  ...server(
    'store/fences.ts',
    ['app/alert-acts.db.test.ts'],
    ['who touches an alert takes no groups', 'await holdGroupsOf(db, tenant, [caseId])', 'void caseId'],
    ['two touches of one batch are one', 'row => row.times', '() => 1'],
  ),
  ...server(
    'pipeline/record/case-ids.ts',
    ['app/held-line.db.test.ts'],
    ['ids of ours may meet in a batch', 'while (mine.ownCaseId &&', 'while (false &&'],
    ['a case of another event is opened again', 'else if (opener !== item.eventId)', 'else if (opener === null)'],
  ),
]

/** Mistakes in the rules of the service: what may act, what is certified, what replaces a model, what is blinded, what is proven. */
export const serviceMutations: readonly Mutation[] = [
  ...server(
    'replay/recurring.ts',
    ['replay/replay-history.test.ts'],
    [
      'a look does not see what silence has said by then',
      'Promise<boolean> => {\n    await tellOwed()\n',
      'Promise<boolean> => {\n',
    ],
    ['silence is counted again with every batch', 'outcomes.bySilence = 0\n    const', 'const'],
  ),
  ...server(
    'replay/recurring.ts',
    ['replay/silences.db.test.ts'],
    ['sweeps are passed over where something may act', '!state.acted && !world.mayAct()', 'true'],
  ),
  ...server(
    'replay/silences.ts',
    ['replay/replay-history.test.ts'],
    ['an answer overtakes the silence before it', 'late.push(answerAt)', 'void answerAt'],
  ),
  ...server(
    'app/history-world.ts',
    ['replay/silences.db.test.ts'],
    [
      'what is made up has the time of the last sweep',
      'new Date(sweepFrom(ended.getTime()))',
      'new Date(Math.max(at.getTime(), ended.getTime()))',
    ],
  ),
  ...stateMutations,
  ...actingMutations,
  ...certificateMutations,
  ...server(
    'pipeline/decide/missed-conditions.ts',
    ['pipeline/decide/stands-in-the-way.test.ts'],
    ['lower bound compared unrounded', 'six(measured) < floor', 'measured < floor'],
  ),
  ...recordMutations,
  ...server(
    'pipeline/decide/stands-in-the-way.ts',
    ['pipeline/decide/stands-in-the-way.test.ts', 'pipeline/decide/decide.test.ts'],
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
    ['what silence said of acts is evidence', "(audited or quality <> 'silence')", 'true'],
  ),
  ...server(
    'manage/autonomy/tripwires.ts',
    ['manage/autonomy/tripwires.db.test.ts'],
    ['a suspension counts all audits since it was armed', '= worstRun(wire)', '= wire'],
    ['acts that were not audited feed the wire of the audits', 'if (audited) row = ', 'row = '],
    ['every act is evidence, however many labels are missing', '&& labelsComplete(labelled, decisions)', ''],
    ['two wires have a whole delta each', 'wire: { ...row.wire, delta: delta / 2 }, acts', 'acts'],
    ['what is armed again has a quarter of delta', 'delta: wire.delta * 2', 'delta: wire.delta'],
  ),
  ...server(
    'pipeline/record/inbox-places.ts',
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
    'pipeline/decide/decide.ts',
    ['pipeline/decide/decide.test.ts'],
    ['the other side settles what lies on a missing one', '[(act ?? clear)!, true]', '[(act ?? clear)!, false]'],
  ),
  ...server(
    'pipeline/attach/once-book.ts',
    ['pipeline/attach/once-book.test.ts'],
    ['what is done once is done again at the end of its window', '< wanted.windowMs', '<= wanted.windowMs'],
    ['what one event does twice is not noticed', 'this.#intended.some(', 'false && this.#intended.some('],
    ['what a case called a duplicate counts as done', 'automatic && action !== undefined', 'action !== undefined'],
  ),
  ...server(
    'store/once-acts.ts',
    ['app/once.db.test.ts'],
    ['nothing is known of what was done before', 'o.happened_at > $6', 'o.happened_at > $7'],
  ),
  ...server(
    'pipeline/score.ts',
    ['pipeline/score.test.ts'],
    [
      'what a rule says is acted on',
      "probability: probability + 0 },\n        cannot: 'no_model',",
      'probability: probability + 0 },\n        cannot: null,',
    ],
    ['a rule may give more than one', 'probability >= 0 && probability <= 1', 'probability >= 0'],
  ),
  ...server(
    'store/record-batch.ts',
    ['app/bulk-labels.db.test.ts'],
    ['one outcome too few counts of a minute', 'told.nth > told.per_minute', 'told.nth >= told.per_minute'],
    ['a key labels what it opened itself', "then 'own_case'", 'then null'],
    [
      'what a batch opens once more hides who opened it',
      'case when opening.there then opening.sender else told.opened_here end',
      'coalesce(told.opened_here, opening.sender)',
    ],
    ['a minute ends as it likes', "m.since + interval '1 minute'`", "m.since + interval '1 second'`"],
  ),
  ...server(
    'pipeline/record/batch.ts',
    ['app/bulk-labels.db.test.ts'],
    ['the rules bind a system of record', "systemOfRecord || quality === 'bulk'", "quality === 'bulk'"],
    ['a request may hold one outcome more', 'outcomes > perRequest', 'outcomes > perRequest + 1'],
  ),
  ...server(
    'manage/autonomy/accept.ts',
    ['manage/autonomy/accept.db.test.ts'],
    ['what was replaced is accepted', '!waits || kept.replaced || !kept.serves', '!waits || !kept.serves'],
    ['what was accepted is accepted again', 'kept.waits && kept.acceptedAt === null', 'kept.waits'],
  ),
  ...server(
    'store/label-cursors.ts',
    ['manage/autonomy/read-labels.db.test.ts'],
    [
      'an outcome of one question labels all',
      'opening.recorded_at, $3) o on true',
      'opening.recorded_at, null) o on true',
    ],
  ),
  ...server(
    'store/decisions.ts',
    ['store/first-decisions.db.test.ts'],
    ['of several subjects the last is evidence', 'beside.question_subject <', 'beside.question_subject >'],
  ),
  ...server(
    'pipeline/detect/detect.ts',
    ['pipeline/detect/judge.test.ts'],
    ['evidence has no bound', 'if (bytes <= mostEvidenceBytes) return null', 'if (bytes > 0) return null'],
  ),
  ...server(
    'pipeline/detect/place.ts',
    ['pipeline/detect/judge.test.ts'],
    ['a group is linked that nobody holds', '!all.includes(to.key)', 'to.key === ""'],
  ),
  ...server(
    'pipeline/name-groups.ts',
    ['app/alert-acts.db.test.ts'],
    ['an answer need not hold the groups of its case', 'assertHoldsCase(anew)', 'void assertHoldsCase'],
  ),
  ...server(
    'store/cases.ts',
    ['alerts.e2e.test.ts'],
    ['alerts are found by a severity that is withheld', 'fits.push(`not $', 'void (`not $'],
  ),
  ...server(
    'manage/inbox/list.ts',
    ['alerts.e2e.test.ts'],
    [
      'findings of an alert that is judged unseen tell what joined it',
      'filter(({ blinded }) => blinded)',
      'filter(() => false)',
    ],
  ),
  ...server(
    'manage/receipts/walk-chain.ts',
    ['manage/receipts/corruption.db.test.ts'],
    ['the state of a chain is not checked', '!hash.equals(chain.hash)', 'hash.length === 0'],
    ['a forged head beyond the end', 'later.some(head => !headHolds(head))', 'later.length < 0'],
  ),
  ...server(
    'model/signer.ts',
    ['manage/receipts/corruption.db.test.ts'],
    ['the name of the key is not checked', 'keyIdOf(signed.publicKey) !== signed.keyId', 'signed.keyId === ""'],
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
  ...outageMutations,
]
