import {
  eachSide,
  type Gate,
  type JsonObject,
  type Mode,
  type Pod,
  placeOf,
  type Question,
  type Role,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import { questionsMeant } from '../../request/questions-meant.ts'
import { saveMode } from '../../store/action-states.ts'
import { bumpEpoch, lockModes } from '../../store/autonomy-epochs.ts'
import type { Tx } from '../../store/db.ts'
import { type ActionContext, type Context, readContext } from './context.ts'
import type { Asker, AutonomyDeps } from './deps.ts'

export interface ModeChange {
  /** null: every pod that has the action. */
  readonly pod: string | null
  /** null or left out: every question that has it. */
  readonly question?: string | null
  /** The name of an action, or `*` for all. */
  readonly action: string
  readonly mode?: Mode | undefined
  readonly gate?: Gate | undefined
}

export interface ModeNow {
  readonly pod: string
  readonly question: string
  readonly action: string
  readonly mode: Mode
  readonly gate: Gate
  readonly changed: boolean
}

/** How far the machine goes by itself; `asking` and `dry_run` both do nothing by themselves. */
const reach: { readonly [mode in Mode]: number } = { acting: 2, asking: 1, dry_run: 1, stopped: 0 }

/**
 * Sets mode and gate of one or all actions. Lowering is an operator's, raising and the plain threshold rule an admin's; a
 * batch that was decided before is not written after the commit.
 * @param role null: the command line, which holds the database and may do all
 */
export async function changeModes(
  deps: Pick<AutonomyDeps, 'db' | 'audit'>,
  tenant: string,
  pods: readonly Pod[],
  change: ModeChange,
  by: Asker & { readonly role: Role | null },
  at: Date,
): Promise<readonly ModeNow[]> {
  if (by.reason.trim() === '') throw new Problem('reason_required')
  if (change.mode === undefined && change.gate === undefined) throw invalid('mode', 'name a mode, a gate, or both')
  const meant = questionsMeant(pods, change).filter(question => named(question, change.action).length > 0)
  if (meant.length === 0) throw invalid('action', 'there is no such action; * is all of them')
  return deps.db.transaction([tenant], async db => {
    await lockModes(db, tenant)
    const plans: { readonly context: Context; readonly modes: readonly Planned[] }[] = []
    // In one order everywhere, so that two who stop everything at once wait for each other.
    for (const question of meant.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))) {
      const context = await readContext(db, tenant, question)
      const modes = eachSide(context.sides)
        .filter(one => named(question, change.action).includes(one.action.name))
        .map(one => after(context, one, change))
      if (by.role === 'operator' && modes.some(one => one.raises))
        throw new Problem(
          'forbidden',
          'An operator may lower a mode; only an admin may raise it or set the gate threshold.',
        )
      plans.push({ context, modes })
    }
    for (const { context, modes } of plans) await save(db, context, modes, by, at)
    // The audit log last, of all pods: who certifies holds the epoch of one of them while it waits for the log.
    for (const { context, modes } of plans) await audit(db, deps, context, modes, by, at)
    return plans.flatMap(({ context, modes }) => modes.map(planned => modeNow(context, planned)))
  })
}

interface Planned {
  readonly one: ActionContext
  readonly before: { readonly mode: Mode; readonly gate: Gate }
  readonly after: { readonly mode: Mode; readonly gate: Gate }
  readonly raises: boolean
}

function after({ question }: Context, one: ActionContext, change: ModeChange): Planned {
  const before = { mode: one.row?.mode ?? question.defaultMode, gate: one.row?.gate ?? 'certified' } as const
  const now = { mode: change.mode ?? before.mode, gate: change.gate ?? before.gate }
  const raises = reach[now.mode] > reach[before.mode] || (now.gate === 'threshold' && before.gate !== 'threshold')
  return { one, before, after: now, raises }
}

const isSame = ({ before, after: now }: Planned): boolean => before.mode === now.mode && before.gate === now.gate

async function save(
  db: Tx,
  { tenant, question }: Context,
  modes: readonly Planned[],
  by: Asker,
  at: Date,
): Promise<void> {
  const changed = modes.filter(planned => !isSame(planned))
  for (const { one, after: now } of changed)
    await saveMode(db, {
      tenant,
      ...placeOf(question),
      action: one.action.name,
      mode: now.mode,
      gate: now.gate,
      changedAt: at,
      changedBy: by.actor,
      reason: by.reason,
    })
  if (changed.length > 0) await bumpEpoch(db, tenant, question.pod)
}

async function audit(
  db: Tx,
  deps: Pick<AutonomyDeps, 'audit'>,
  { tenant, question }: Context,
  modes: readonly Planned[],
  by: Asker,
  at: Date,
): Promise<void> {
  for (const planned of modes.filter(one => !isSame(one))) {
    const { one, before, after: now } = planned
    const detail: JsonObject = { ...placeOf(question), action: one.action.name, before, after: now }
    const { actor, reason, requestId } = by
    await deps.audit(db, { tenant, at, actor, action: 'autonomy.mode', reason, requestId, before, after: now, detail })
  }
}

const modeNow = ({ question }: Context, planned: Planned): ModeNow => ({
  ...placeOf(question),
  action: planned.one.action.name,
  ...planned.after,
  changed: !isSame(planned),
})

const orderOf = ({ pod, name }: Question): string => `${pod}\n${name}`

const named = ({ actions }: Question, action: string): readonly string[] =>
  eachSide(actions)
    .map(({ name }) => name)
    .filter(name => action === '*' || name === action)

export const invalid = (path: string, message: string): Problem =>
  new Problem('validation_failed', undefined, { errors: [{ path, code: 'invalid', message }] })
