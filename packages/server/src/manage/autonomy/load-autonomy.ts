import type { Gate, Mode, Question } from '@surety/contract'
import { actedCut } from '@surety/stats'
import type { ActingVersion, Calibration, CertifiedRegion } from '../../pipeline/item.ts'
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
  /** The model that serves; null: none does. */
  readonly digest: string | null
  readonly calibration: Calibration | null
  /** The version that is acted on, with its own calibrator and cuts: the certificates are for its scores. null: no model serves. */
  readonly acting: KnownActing | null
  /** By action. */
  readonly certificates: ReadonlyMap<string, CertifiedRegion>
  /** Actions with a certificate in force at none of whose cuts the version passes. */
  readonly unpassed: ReadonlySet<string>
  /** Actions whose first certificate waits to be accepted. */
  readonly waiting: ReadonlySet<string>
  /** By action: what the next certificate lacks, as of the last look at the labels. */
  readonly shortfalls: ReadonlyMap<string, KnownShortfall>
  /** Automatic acts of the hour in which it was read, by action. */
  readonly acts: ReadonlyMap<string, number>
  readonly hour: number
}

/** A version as the database knows it, loaded here or not. */
export interface KnownActing extends Pick<ActingVersion, 'version' | 'calibration' | 'cuts'> {
  readonly digest: string
}

export interface KnownShortfall {
  readonly have: number
  readonly need: number
  readonly unlocksFrom: number | null
  readonly unlocksShare: number | null
}

const hourMs = 3_600_000

/** @param known what was read last time: the bodies of calibrators that have not changed are not read again */
export async function loadAutonomy(
  db: Reader,
  tenant: string,
  question: Question,
  now: Date,
  known: Pick<AutonomyState, 'digest' | 'calibration' | 'acting'> | null = null,
): Promise<AutonomyState> {
  const hour = Math.floor(now.getTime() / hourMs) * hourMs
  const kept = new Map<string, Calibration>()
  for (const one of [known, known?.acting])
    if (one != null && one.digest !== null && one.calibration !== null) kept.set(one.digest, one.calibration)
  const found = await loadAutonomyRow(
    db,
    tenant,
    question,
    now,
    new Date(hour),
    [...kept].map(([digest, { version }]) => ({ digest, version })),
  )
  const keptOf = (digest: string | null | undefined): Calibration | null => kept.get(digest ?? '') ?? null
  const calibration = calibrationOf(found.calibrator, keptOf(found.digest))
  const certificates = (found.certificates ?? []).map(one => [one.action, regionOf(one, question, found)] as const)
  return {
    epoch: found.epoch ?? 0,
    budgets: budgetsOf(question, found.setting ?? undefined),
    states: new Map((found.states ?? []).map(state => [state.action, state])),
    digest: found.digest,
    calibration,
    acting: found.acting && {
      ...found.acting,
      calibration:
        found.acting.digest === found.digest
          ? calibration
          : calibrationOf(found.acting_calibrator, keptOf(found.acting.digest)),
      cuts: sidesOf(found.thresholds),
    },
    certificates: new Map(certificates.flatMap(([action, region]) => (region === null ? [] : [[action, region]]))),
    unpassed: new Set(certificates.flatMap(([action, region]) => (region === null ? [action] : []))),
    waiting: new Set(found.waiting ?? []),
    shortfalls: new Map(
      (found.shortfalls ?? []).map(({ action, have, need, unlocks_from: unlocksFrom, unlocks_share: unlocksShare }) => [
        action,
        { have, need, unlocksFrom, unlocksShare },
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

const sidesOf = (found: AutonomyRow['thresholds']): ActingVersion['cuts'] => ({
  act: found?.act == null ? null : { side: 'yes', thresholds: found.act },
  clear: found?.clear == null ? null : { side: 'no', thresholds: found.clear },
})

type CertificateFound = NonNullable<AutonomyRow['certificates']>[number]

/** The region acted on; null: of what the record certifies the version passes nowhere, or it has no cuts. */
function regionOf(
  { action, id, threshold, below, expires_at, cuts, passes }: CertificateFound,
  { actions }: Question,
  { thresholds }: AutonomyRow,
): CertifiedRegion | null {
  const of = { id, expiresAt: new Date(expires_at).getTime() }
  if (cuts === null) return { ...of, threshold, below, cut: null }
  const cut = actedCut({ certified: cuts, passes: passes ?? [] })
  const own = thresholds?.[actions.act?.name === action ? 'act' : 'clear']?.[cut ?? -1]
  return cut === null || own === undefined ? null : { ...of, threshold: own, below: null, cut }
}
