import { type Action, mapSides, type Question, type Sides } from '@surety/contract'
import { type ActionRow, type CertificateRow, readContextRows } from '../../store/autonomy-context.ts'
import type { Reader } from '../../store/db.ts'
import { type Budgets, budgetsOf } from './budgets.ts'

/** One action with everything that decides what may be done next about it. */
export interface ActionContext {
  /** With the budgets in force. */
  readonly action: Action
  /** null: nobody has set anything; the question's default mode and the gate `certified` hold. */
  readonly row: ActionRow | null
  /** The newest of a record or of the model that serves, unless it was revoked; it may have expired, or wait to be accepted. */
  readonly certificate: CertificateRow | null
}

/** Nothing was done by it, so nothing was audited. */
export const isWaiting = ({ waits, acceptedAt }: CertificateRow): boolean => waits && acceptedAt === null

export interface Context {
  readonly tenant: string
  readonly question: Question
  readonly model: { readonly version: number; readonly digest: string } | null
  readonly budgets: Budgets
  /** The operator's threshold on the probability. */
  readonly floor: number
  /** Who set the budgets: the actor of the newest setting. */
  readonly acceptedBy: string
  readonly sides: Sides<ActionContext>
}

/** @param question its `threshold` is the floor where no policy was saved */
export async function readContext(db: Reader, tenant: string, question: Question): Promise<Context> {
  const found = await readContextRows(db, tenant, question)
  const budgets = budgetsOf(question, found.setting?.value)
  const threshold = found.policy?.['threshold']
  const of = (action: Action): ActionContext => ({
    action,
    row: found.states.find(one => one.action === action.name) ?? null,
    certificate: found.certificates.find(one => one.action === action.name && one.revokedAt === null) ?? null,
  })
  return {
    tenant,
    question,
    model: found.model,
    budgets,
    floor: typeof threshold === 'number' ? threshold : question.threshold,
    acceptedBy: found.setting?.actor ?? 'default policy',
    sides: mapSides(budgets.sides, of),
  }
}
