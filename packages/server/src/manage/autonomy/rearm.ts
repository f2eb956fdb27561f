import { type Answered, eachSide, type JsonObject, type Pod, placeOf, type Question } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { questionsMeant } from '../../request/questions-meant.ts'
import { markRearmed } from '../../store/action-states.ts'
import { bumpEpoch, lockAutonomy } from '../../store/autonomy-epochs.ts'
import { type ActionContext, type Context, readContext } from './context.ts'
import type { Asker, AutonomyDeps } from './deps.ts'
import { auditIssued, type CertifyOutcome, certifyOne } from './records/certify-records.ts'
import { evidenceOf, rearmWire } from './tripwires.ts'

/** `pod` null: whichever pod has the action. */
export interface ActionOfPod {
  readonly pod: string | null
  readonly question?: string | null
  readonly action: string
}

/**
 * Puts a suspended action to work again, if the record that began with the suspension certifies something right now. The tripwire
 * starts afresh with half the delta it had, as the record did.
 * @throws Problem `not_suspended`, `needs_certificate`, `validation_failed` (no such pod or action), `reason_required`
 */
export async function rearm(
  deps: AutonomyDeps,
  tenant: string,
  pods: readonly Pod[],
  named: ActionOfPod,
  by: Asker,
  at: Date,
): Promise<Answered<'rearmAction'>> {
  const question = actionsQuestion(pods, named, by)
  const { action } = named
  const outcome = await deps.db.transaction([tenant], async db => {
    await lockAutonomy(db, tenant, question.pod)
    const context = await readContext(db, tenant, question)
    const one = ofAction(context, action)
    const suspendedAt = one.row?.suspendedAt ?? null
    if (suspendedAt === null) throw new Problem('not_suspended')
    const found = await certifyOne(db, deps, context, one, at, 'rearm')
    if (found === null || found.certificate === null) return found
    const wire = await rearmWire(db, { tenant, ...placeOf(question), action }, one.action, at)
    await markRearmed(db, { tenant, ...placeOf(question), action })
    await bumpEpoch(db, tenant, question.pod)
    await auditIssued(db, deps, context, found, at)
    const id = found.certificate.document['id']!
    const detail: JsonObject = {
      ...placeOf(question),
      action,
      certificate: id,
      delta: wire.delta,
      limit: evidenceOf(wire).limit,
    }
    await deps.audit(db, { tenant, at, ...by, action: 'autonomy.rearmed', detail })
    return found
  })
  if (outcome === null || outcome.certificate === null) throw needsCertificate(outcome)
  return { ...placeOf(question), action, suspended: false, certificate: outcome.certificate.document }
}

const needsCertificate = (outcome: CertifyOutcome | null): Problem =>
  new Problem(
    'needs_certificate',
    outcome?.shortfall == null
      ? undefined
      : `A certificate on cases decided after the suspension is needed: ${outcome.shortfall.sentence}`,
  )

function actionsQuestion(pods: readonly Pod[], named: ActionOfPod, by: Asker): Question {
  if (by.reason.trim() === '') throw new Problem('reason_required')
  const { action } = named
  const looked = questionsMeant(pods, named)
  const [question, another] = looked.filter(({ actions }) => eachSide(actions).some(({ name }) => name === action))
  if (question !== undefined && another === undefined) return question
  const [path, message] =
    question === undefined ? ['action', 'there is no such action'] : ['pod', 'several pods have this action; name one']
  throw new Problem('validation_failed', undefined, { errors: [{ path, code: 'invalid', message }] })
}

const ofAction = ({ sides }: Context, named: string): ActionContext =>
  eachSide(sides).find(({ action }) => action.name === named)!
