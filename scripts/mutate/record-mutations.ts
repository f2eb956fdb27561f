import { below, type Mutation } from './mutations.ts'

const server = below('packages/server/src')

/** Mistakes by which a label counts twice, too early, or for what it was not decided by. */
export const recordMutations: readonly Mutation[] = [
  ...server(
    'manage/autonomy/records/count-rows.ts',
    ['manage/autonomy/records/count-rows.db.test.ts'],
    ['a corrected label is counted beside what was counted', 'by(row => row.counted)', 'by(() => null)'],
    ['a record counts what was decided before it', 'row.decidedAt >= record.rowsFrom && kappaOf', 'kappaOf'],
    [
      'a smaller audit rate between two looks is forgotten',
      'rates.map(({ auditRate',
      'rates.slice(-1).map(({ auditRate',
    ],
    [
      'a record that looks back has nothing of what was counted',
      'counts: await recount(db, record, null)',
      'counts: noCounts',
    ],
  ),
  ...server(
    'store/record-rows.ts',
    ['store/records.db.test.ts', 'manage/autonomy/records/take-in.db.test.ts'],
    [
      'what is not mature is counted',
      'and decided_at <= $4 and label is distinct',
      'and $4::timestamptz is not null and label is distinct',
    ],
    ['labels in bulk are evidence', "not in ('bulk', 'imported')", "not in ('imported')"],
  ),
  ...server(
    'manage/autonomy/records/completeness.ts',
    ['manage/autonomy/complete-labels.db.test.ts'],
    [
      'what has no label is left out',
      'const every = withMissing(record, record.counts, sample)',
      'const every = withMissing(record, record.counts, [])',
    ],
    ['labels of any share are complete', '!labelsComplete(labelled, decisions)', 'decisions < labelled'],
  ),
  ...server(
    'store/record-completeness.ts',
    ['manage/autonomy/complete-labels.db.test.ts'],
    [
      'what was counted is not mature any more',
      'Math.max(matureUntil.getTime(), countedTo?.getTime() ?? 0)',
      'matureUntil.getTime()',
    ],
  ),
  ...server(
    'store/forget-records.ts',
    ['store/records.db.test.ts'],
    ['rows go that a record still counts', 'select min(r.rows_from)', 'select max(r.rows_from)'],
  ),
  ...server(
    'store/label-cursors.ts',
    ['manage/autonomy/records/take-in.db.test.ts'],
    ['what retention took counts once more', 'and decided_at >= ', 'and decided_at is distinct from '],
    [
      'cases of before records never hear of a label',
      'where there.case_id is not null\n          or said',
      'where said',
    ],
    [
      'what a rule decided is evidence',
      'said.label is not null and model_digest is not null',
      'said.label is not null',
    ],
  ),
  ...server(
    'manage/autonomy/records/begin-records.ts',
    ['manage/autonomy/records/begin-records.db.test.ts'],
    ['a suspension leaves delta as it was', 'youngest.suspensions + 1', 'youngest.suspensions'],
    ['two processes begin two records', 'one.youngest?.getTime() ?? null)) continue', 'null)) void one'],
    ['a record counts from before it began', 'seeded?.rowsFrom ?? at', 'seeded?.rowsFrom ?? new Date(0)'],
  ),
  ...server(
    'manage/autonomy/records/in-charge.ts',
    ['manage/autonomy/records/begin-records.db.test.ts'],
    ['what is in charge ends by its age', 'record !== chosen && ', ''],
  ),
  ...server(
    'manage/autonomy/records/seed-record.ts',
    ['manage/autonomy/records/seed-record.db.test.ts'],
    ['cases are held beyond the threshold of their time', ' || !isBeyond(side, p, threshold)', ''],
    ['wide intervals of before are held', 'isNarrow({ lower, upper }) !== true', 'false'],
    [
      'the starts of what is seeded are those of the newest version',
      'const first = versions.get(oldest',
      'const first = versions.get(scores[0]!',
    ],
  ),
  ...server(
    'manage/autonomy/records/begin-history.ts',
    ['manage/autonomy/records/begin-history.db.test.ts'],
    ['a record that counted a case makes way for a history', ' && cutTotals(only.counts).all === 0', ''],
    ['a history of chosen cases begins a record', 'if (!labelsComplete(labelled, decisions)) return null', ''],
    ['imported cases are held beyond the threshold', ' || !isBeyond(side, p, floor)', ''],
    ['no bounds are asked of imported cases', "on === 'lower_bound' || narrow || ", ''],
  ),
  ...server(
    'store/imported-cases.ts',
    ['manage/autonomy/records/begin-history.db.test.ts'],
    [
      'what anybody imported is a history',
      '=> `(exists (select from api_keys',
      '=> `(true or exists (select from api_keys',
    ],
  ),
  ...server(
    'store/label-cursors.ts',
    ['first-evening.e2e.test.ts'],
    [
      'whoever imports changes the history of another key',
      'and words.sender is not distinct from there.labelled_by',
      '',
    ],
  ),
  ...server(
    'pipeline/learn/score-history.ts',
    ['pipeline/learn/score-history.test.ts'],
    ['a case is scored by a model of itself', 'piece.fit.to, to, walk', 'to, to, walk'],
  ),
  ...server(
    'manage/autonomy/records/completeness.ts',
    ['manage/autonomy/records/completeness.db.test.ts'],
    ['labels that are missing on the whole side alone are noticed', 'const whole = loosest ?? 0', 'const whole = 0'],
    [
      'a stricter cut hides what is missing in it',
      'cuts.filter(cut => cut >= from && within(cut).decisions >= fewestJudged)',
      '[]',
    ],
    ['a region counts by itself however little of it is labelled', ' || incompleteFrom(region) !== undefined', ''],
    [
      'a region that alone is labelled counts for nothing',
      'if (region === null || incompleteFrom(region) !== undefined)',
      'if (region !== null || incomplete !== undefined)',
    ],
    ['drawn cases count though most of them have no label', 'audited.complete && audited', 'audited'],
  ),
  ...server(
    'pipeline/decide/review-draw.ts',
    ['pipeline/decide/review-draw.test.ts'],
    [
      'the place of a withheld case tells that it is an audit',
      'audited && auditRate > 0 ? coin / auditRate : coin',
      'coin',
    ],
    ['a region is drawn as often as it is large', 'shown: coin * shareOf(region)', 'shown: coin'],
  ),
  ...server(
    'store/record-completeness.ts',
    ['manage/autonomy/records/completeness.db.test.ts'],
    ['what is not mature is missed', 'and recorded_at <= $5', 'and now() >= $5'],
    ['cases of before records are not missed', 'coalesce(d.kappa_act, ', 'nullif(d.kappa_act, '],
  ),
]
