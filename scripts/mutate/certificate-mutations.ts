import { below, type Mutation } from './mutations.ts'

const server = below('packages/server/src')
const slice = 'manage/autonomy/certificates.db.test.ts'
const accepting = 'manage/autonomy/accept.db.test.ts'
const budgets = 'manage/autonomy/budget-setting.db.test.ts'

/** Mistakes in what a record certifies, by which version it is acted on, and in what is signed. */
export const certificateMutations: readonly Mutation[] = [
  ...server(
    'manage/autonomy/records/certify-records.ts',
    [slice, accepting, 'manage/autonomy/tripwires.db.test.ts'],
    ['each certificate of an action waits', ' && !(await hadCertificate(db, place))', ''],
    [
      'a history waits for an admin',
      "deps.history?.() === true ? 'history' : 'waits'",
      "deps.history?.() === true ? 'waits' : 'waits'",
    ],
    ['a suspended action is certified by a look', '.filter(({ row }) => row === null || row.suspendedAt === null)', ''],
    [
      'an equal result renews the certificate',
      "if (issueVerdict(loosest, standing(one, at)) === 'issue' && loosest !== null)",
      'if (loosest !== null)',
    ],
    [
      'who was named once acts when something is certified again',
      "if (first !== 'waits' && (await recordsInForce(db, place, at)).size === 0)",
      "if (first === 'waits' && at === place)",
    ],
    [
      'in-flight decisions outlive a new certificate',
      'if (changed.length > 0 || outcomes.some(({ certificate }) => certificate !== null))',
      'if (changed.length > 0)',
    ],
  ),
  ...server(
    'manage/autonomy/records/hand-over.ts',
    [slice],
    ['a new version takes over unseen', '&& !takesOver(standings)', '&& false'],
    ['a version that was withdrawn goes on', '(await isAccepted(db, place, acting.digest))', 'true'],
    ['what another version decided is not void', 'await bumpEpoch(db, tenant, question.pod)', ''],
  ),
  ...server(
    'manage/autonomy/records/check-versions.ts',
    ['manage/autonomy/records/check-versions.db.test.ts'],
    ['rows from before a suspension speak for a version', 'row?.certifyFrom ?? beforeEverything', 'beforeEverything'],
    ['a check is made at every look', 'if (same && (known?.unseen', 'if (false && (known?.unseen'],
    [
      'a check outlives its budget',
      'const same = last !== undefined && isHeldTo(',
      'const same = last !== undefined && ((..._: unknown[]) => true)(',
    ],
    ['rare labels are not looked for further back', 'return enough ? rows', 'return true ? rows'],
  ),
  ...server(
    'manage/autonomy/records/meets.ts',
    ['manage/autonomy/records/meets.test.ts'],
    ['a row is judged by bounds that saw its own label', 'i % folds !== fold', 'i >= 0'],
    ['wide bounds meet', 'isNarrow({ lower, upper }) === false', 'isNarrow({ lower, upper }) === null'],
    ['acts below the threshold meet', 'p >= floor : p < floor', 'p >= 0 : p < floor'],
    ["a clear at the operator's threshold meets", 'p >= floor : p < floor', 'p >= floor : p <= floor'],
  ),
  ...server(
    'manage/autonomy/records/align-budgets.ts',
    [budgets],
    [
      'another budget asks at the same delta',
      'budgetChanges: record.budgetChanges + 1',
      'budgetChanges: record.budgetChanges',
    ],
    ['passes by a looser budget count on', 'await voidChecks(db, { ...place, action: action.name })', ''],
  ),
  ...server(
    'manage/autonomy/budget-setting.ts',
    [budgets, 'manage/autonomy/locks.db.test.ts'],
    ['a certificate of a looser budget stays', 'if (isStricter(old[action.side]!, action))', 'if (false)'],
    [
      'passes by another threshold count on',
      "if (change.before['threshold'] !== change.after['threshold'])",
      'if (false)',
    ],
    [
      'what the record says by the new budget waits for a look',
      'if (!changed.includes(one.action.name) ||',
      'if (changed.includes(one.action.name) ||',
    ],
  ),
  ...server(
    'manage/autonomy/tripwires.ts',
    ['manage/autonomy/tripwires.db.test.ts'],
    ['what led to a suspension is counted on', 'await endRecords(db, place, at)', ''],
  ),
  ...server(
    'store/record-lines.ts',
    ['manage/autonomy/records/certificate.db.test.ts'],
    ['the digest is of the cases as they lie', 'order by decided_at, case_id)', 'order by case_id)'],
    [
      'rows that the coin did not draw are named',
      '($5::float8 is null or audit_coin < $5)',
      '($5::float8 is null or true)',
    ],
  ),
  ...server(
    'manage/autonomy/records/record-lack.ts',
    ['manage/autonomy/records/record-lack.test.ts'],
    ['a few wrong ones are a budget that is missed', 'seen.atLeast > alpha', 'true'],
    ['cases without a label prove an error', 'proven(rows - unlabelled, wrong - unlabelled)', 'proven(rows, wrong)'],
    ['cases of class 1 are not asked for', 'if (missBudget !== null && rows >= needed.n)', 'if (false)'],
    [
      'needed rows are those of the strict chain',
      'const { cut, weight } = starts.at(-1)!',
      'const { cut, weight } = starts[0]!',
    ],
  ),
]
