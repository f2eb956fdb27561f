import {
  type Action,
  eachSide,
  type FieldError,
  type Json,
  type JsonObject,
  ownMember,
  placeOf,
  type Question,
} from '@surety/contract'
import { bumpEpoch, lockAutonomy } from '../../store/autonomy-epochs.ts'
import { revokeCertificates } from '../../store/certificates.ts'
import type { Tx } from '../../store/db.ts'
import { voidChecks } from '../../store/version-checks.ts'
import { budgetsOf, defaultBlindedShare, defaultQueueDays } from './budgets.ts'
import { type Context, readContext } from './context.ts'
import type { AutonomyDeps } from './deps.ts'
import { alignBudgets, isStricter, strictReason } from './records/align-budgets.ts'
import { auditIssued, type CertifyOutcome, certifyOne } from './records/certify-records.ts'

/** The setting `autonomy` of a question with nothing left out: what counts while nobody has saved anything. */
export function defaultBudgets({ actions }: Pick<Question, 'actions'>): JsonObject {
  const of = (action: Action): JsonObject => ({
    alpha: action.alpha,
    delta: action.delta,
    miss_budget: action.missBudget,
    audit_rate: action.auditRate,
    cap_per_hour: action.capPerHour,
    cost_of_wrong: action.costOfWrong,
    cost_of_review: action.costOfReview,
    first_certificate: action.firstCertificate ?? 'use',
  })
  return {
    actions: Object.fromEntries(eachSide(actions).map(action => [action.name, of(action)])),
    hidden_share: defaultBlindedShare,
    queue_days: defaultQueueDays,
  }
}

interface Range {
  readonly low: number
  readonly high: number
  readonly whole?: boolean
  readonly nullable?: boolean
}

const ranges: { readonly [name: string]: Range } = {
  alpha: { low: 0.001, high: 0.9 },
  delta: { low: 0.0001, high: 0.5 },
  miss_budget: { low: 0.001, high: 0.9, nullable: true },
  audit_rate: { low: 0.001, high: 1 },
  cap_per_hour: { low: 1, high: 1_000_000, whole: true, nullable: true },
  cost_of_wrong: { low: 0, high: 1_000_000_000 },
  cost_of_review: { low: 0, high: 1_000_000_000 },
}
const shares: { readonly [name: string]: Range } = {
  hidden_share: { low: 0, high: 1 },
  queue_days: { low: 1, high: 90 },
}

/** The value to save, nothing left out, and what is wrong with what was given. */
export function readBudgets(
  question: Pick<Question, 'actions'>,
  given: JsonObject,
): { readonly value: JsonObject; readonly errors: readonly FieldError[] } {
  const defaults = defaultBudgets(question)
  const errors: FieldError[] = []
  const actions: { [name: string]: JsonObject } = { ...(defaults['actions'] as { [name: string]: JsonObject }) }
  const { actions: givenActions = {}, ...others } = given
  if (!isObject(givenActions))
    errors.push({ path: 'actions', code: 'type', message: 'must be an object by action name' })
  else
    for (const [name, change] of Object.entries(givenActions)) {
      const path = `actions.${name.slice(0, 60)}`
      const preset = ownMember(actions, name)
      if (preset === undefined)
        errors.push({ path, code: 'unknown', message: `the actions are ${Object.keys(actions).join(' and ')}` })
      else if (!isObject(change)) errors.push({ path, code: 'type', message: 'must be an object' })
      else {
        const { first_certificate: first = 'use', ...numbers } = change
        errors.push(...faults(`${path}.`, numbers, ranges))
        if (first !== 'use' && first !== 'accept')
          errors.push({ path: `${path}.first_certificate`, code: 'invalid', message: 'must be use or accept' })
        if (name === question.actions.act?.name && typeof change['miss_budget'] === 'number')
          errors.push({ path: `${path}.miss_budget`, code: 'invalid', message: 'only clearing has a miss budget' })
        actions[name] = { ...preset, ...change }
      }
    }
  errors.push(...faults('', others, shares))
  return { value: { ...defaults, ...others, actions }, errors }
}

function faults(prefix: string, given: JsonObject, known: { readonly [name: string]: Range }): FieldError[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const path = `${prefix}${name.slice(0, 60)}`
    const range = ownMember(known, name)
    if (range === undefined) return [{ path, code: 'unknown', message: `there are ${Object.keys(known).join(', ')}` }]
    return isWithin(value, range) ? [] : [{ path, code: 'range', message: `must be ${words(range)}` }]
  })
}

function isWithin(value: Json, { low, high, whole, nullable }: Range): boolean {
  if (value === null) return nullable === true
  return typeof value === 'number' && value >= low && value <= high && (!whole || Number.isInteger(value))
}

const words = ({ low, high, whole, nullable }: Range): string =>
  `a ${whole ? 'whole ' : ''}number from ${low} to ${high}${nullable ? ', or null for none' : ''}`

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Inside the transaction that saved a policy or budgets: what was decided under the old ones is void. Records are asked by the new
 * budget at once, at half their delta, and a certificate that promises less than the new budget asks for is taken back: what the
 * record says now takes its place. Another threshold makes other regions of the same cuts, which no version has passed yet.
 */
export async function budgetsChanged(
  db: Tx,
  deps: Pick<AutonomyDeps, 'audit' | 'signingKey' | 'history'>,
  tenant: string,
  question: Question,
  change: { readonly name: string; readonly before: JsonObject; readonly after: JsonObject; readonly at: Date },
): Promise<void> {
  // Whoever asks under the old promise right now is waited for: its certificate is taken back too.
  await lockAutonomy(db, tenant, question.pod)
  const { name, at } = change
  const context = await readContext(db, tenant, question)
  const issued = name === 'autonomy' ? await askedAnew(db, deps, context, change) : []
  if (change.before['threshold'] !== change.after['threshold'])
    for (const { action } of eachSide(context.sides))
      await voidChecks(db, { tenant, ...placeOf(question), action: action.name })
  await bumpEpoch(db, tenant, question.pod)
  for (const outcome of issued) await auditIssued(db, deps, context, outcome, at)
}

async function askedAnew(
  db: Tx,
  deps: Pick<AutonomyDeps, 'signingKey' | 'history'>,
  context: Context,
  { before, at }: { readonly before: JsonObject; readonly at: Date },
): Promise<readonly CertifyOutcome[]> {
  const { tenant, question } = context
  const old = budgetsOf(question, before).sides
  // What is of one model alone has no record that could be asked anew.
  for (const { action } of eachSide(context.sides))
    if (isStricter(old[action.side]!, action))
      await revokeCertificates(db, { tenant, ...placeOf(question), action: action.name }, at, strictReason)
  const changed = await alignBudgets(db, context, at)
  const now = await readContext(db, tenant, question)
  const outcomes: CertifyOutcome[] = []
  for (const one of eachSide(now.sides)) {
    if (!changed.includes(one.action.name) || one.row?.suspendedAt != null) continue
    const outcome = await certifyOne(db, deps, now, one, at)
    if (outcome !== null) outcomes.push(outcome)
  }
  return outcomes
}
