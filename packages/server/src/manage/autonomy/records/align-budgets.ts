import { type Action, eachSide, placeOf } from '@surety/contract'
import { revokeCertificates } from '../../../store/certificates.ts'
import type { Tx } from '../../../store/db.ts'
import { type KeptRecord, type RecordBudget, readRecords, saveRecordBudget } from '../../../store/records.ts'
import { voidChecks } from '../../../store/version-checks.ts'
import type { Context } from '../context.ts'

export const strictReason = 'The budget was made stricter.'

type Promised = Pick<Action, 'alpha' | 'delta' | 'missBudget'>

/** Would a certificate of the old budget promise too little? No miss budget is the loosest one. */
export const isStricter = (before: Promised, after: Promised): boolean =>
  after.alpha < before.alpha ||
  after.delta < before.delta ||
  (after.missBudget ?? Infinity) < (before.missBudget ?? Infinity)

const isSame = (one: Promised, other: Promised): boolean =>
  one.alpha === other.alpha && one.delta === other.delta && one.missBudget === other.missBudget

/**
 * Asks the records of a question by the budgets in force: of what was counted under another budget the same counts are asked anew, at
 * half the delta for each change, what was certified under a looser budget is taken back, and no
 * version has passed until it was looked at again. Under the lock of the tenant and pod;
 * whoever calls it counts the epoch on where something changed.
 * @param known its records that go on; left out: they are read
 * @returns names of the actions whose budget is another one than their records had
 */
export async function alignBudgets(
  db: Tx,
  { tenant, question, sides }: Pick<Context, 'tenant' | 'question' | 'sides'>,
  at: Date,
  known?: readonly KeptRecord[],
): Promise<readonly string[]> {
  const place = { tenant, ...placeOf(question) }
  const changed = new Set<string>()
  for (const record of known ?? (await readRecords(db, place))) {
    const action = eachSide(sides).find(({ action: { name } }) => name === record.action)?.action
    if (action === undefined || isSame(record.budget, action)) continue
    const { alpha, delta, missBudget } = action
    const budget: RecordBudget = { ...record.budget, alpha, delta, missBudget }
    await saveRecordBudget(db, record, { budget, budgetChanges: record.budgetChanges + 1 })
    if (isStricter(record.budget, action))
      await revokeCertificates(db, { ...place, action: action.name }, at, strictReason)
    // No version has passed by this budget yet.
    await voidChecks(db, { ...place, action: action.name })
    changed.add(action.name)
  }
  return [...changed]
}
