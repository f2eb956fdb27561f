import type { Gate, Mode, Question } from '@surety/contract'
import type { Calibration, CertifiedRegion } from '../../pipeline/item.ts'
import { type AutonomyRow, loadAutonomyRow } from '../../store/autonomy-state.ts'
import type { Reader } from '../../store/db.ts'
import { type Budgets, budgetsOf } from './budgets.ts'
import { toCalibration } from './calibrator-body.ts'

/** What the database says of one tenant and question: everything the line needs to know how far it may go. */
export interface AutonomyState {
  readonly epoch: number
  readonly budgets: Budgets
  /** By action; the question's defaults where there is none. */
  readonly states: ReadonlyMap<string, { readonly mode: Mode; readonly gate: Gate; readonly suspended: boolean }>
  /** The model that the evidence below speaks of; null: none serves. */
  readonly digest: string | null
  readonly calibration: Calibration | null
  /** By action. */
  readonly certificates: ReadonlyMap<string, CertifiedRegion>
  /** Actions whose first certificate waits to be accepted. */
  readonly waiting: ReadonlySet<string>
  /** By action: what the next certificate lacks, as of the last look at the labels. */
  readonly shortfalls: ReadonlyMap<string, KnownShortfall>
  /** Automatic acts of the hour in which it was read, by action. */
  readonly acts: ReadonlyMap<string, number>
  readonly hour: number
}

export interface KnownShortfall {
  readonly have: number
  readonly need: number
  readonly unlocksFrom: number | null
}

const hourMs = 3_600_000

/** @param known what was read last time: the body of a calibrator that has not changed is not read again */
export async function loadAutonomy(
  db: Reader,
  tenant: string,
  question: Question,
  now: Date,
  known: Pick<AutonomyState, 'digest' | 'calibration'> | null = null,
): Promise<AutonomyState> {
  const hour = Math.floor(now.getTime() / hourMs) * hourMs
  const found = await loadAutonomyRow(db, tenant, question, now, new Date(hour), {
    digest: known?.digest ?? '',
    version: known?.calibration?.version ?? -1,
  })
  return {
    epoch: found.epoch ?? 0,
    budgets: budgetsOf(question, found.setting ?? undefined),
    states: new Map((found.states ?? []).map(state => [state.action, state])),
    digest: found.digest,
    calibration: calibrationOf(found.calibrator, known?.calibration ?? null),
    certificates: new Map(
      (found.certificates ?? []).map(({ action, id, threshold, below, expires_at }) => [
        action,
        { id, threshold, below, expiresAt: new Date(expires_at).getTime() },
      ]),
    ),
    waiting: new Set(found.waiting ?? []),
    shortfalls: new Map(
      (found.shortfalls ?? []).map(({ action, have, need, unlocks_from: unlocksFrom }) => [
        action,
        { have, need, unlocksFrom },
      ]),
    ),
    acts: new Map((found.acts ?? []).map(({ action, acts }) => [action, acts])),
    hour,
  }
}

function calibrationOf(found: AutonomyRow['calibrator'], known: Calibration | null): Calibration | null {
  if (found === null) return null
  const { body, version, n, built_at } = found
  const builtAt = new Date(built_at)
  if (body !== null) return toCalibration({ version, n, builtAt, body })
  if (known === null) throw new Error('a calibrator came without its body')
  return known.refreshedAt === builtAt.getTime() ? known : { ...known, refreshedAt: builtAt.getTime() }
}
