import {
  type Action,
  type Interval,
  type JsonObject,
  mapSides,
  type Pod,
  type Question,
  type Reason,
  withoutInterval,
} from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import type {
  ActingVersion,
  ActionState,
  Autonomy,
  Bound,
  Bounded,
  Calibration,
  CertifiedRegion,
  Draws,
  Ids,
  Policy,
  Snapshot,
} from '../../item.ts'

/** Items as they come to `decide`, and the state of autonomy around them, for the tests of the pure stages. */
export const noon = new Date('2026-03-10T12:00:00.000Z')
export const day = 86_400_000

export interface ItemChange {
  readonly p?: number | null
  readonly cannot?: Reason | null
  readonly interval?: Interval
  readonly enrichment?: JsonObject
  readonly pod?: Pod
  readonly recordedAt?: Date
  readonly ids?: Ids
  /** What the version that is acted on says, where it is another one. */
  readonly acting?: Bound
}

export function boundedItem(change: ItemChange = {}): Bounded {
  const { p = 0.85, pod = customerOps, recordedAt = noon } = change
  const data = { name: 'Jane Doe', email: 'jane@example.com', details: 'hello' }
  return {
    raw: { tenant: 'acme', kind: 'lead.created', data },
    pod,
    kind: Object.values(pod.kinds)[0]!,
    question: pod.questions[0],
    questions: [pod.questions[0]],
    event: { payload: { details: 'hello' }, ignored: [] },
    eventId: 'E1',
    caseId: 'L1',
    ownCaseId: true,
    subject: 'L1',
    occurredAt: recordedAt,
    recordedAt,
    payloadHash: Buffer.alloc(16),
    pii: null,
    words: [],
    phoneValid: null,
    settings: pod.defaultSettings,
    startedMs: 0,
    ids: change.ids ?? plainIds,
    enrichment: change.enrichment ?? { urgency: 'medium' },
    schema: { hash: 'x', specs: [] },
    features: [],
    score: { probability: p, modelVersion: 1, modelDigest: 'd', notes: [] },
    cannot: change.cannot ?? null,
    interval: change.interval ?? withoutInterval('no_calibration'),
    acting: change.acting ?? null,
  }
}

/** Bounds as a calibrator would give them. */
export function bounds(lower: number, upper: number): Interval {
  return {
    ...withoutInterval('no_calibration'),
    lower,
    upper,
    method: 'venn_abers',
    calibrationSize: 100,
    calibrated: upper / (1 - lower + upper),
    reason: null,
  }
}

export const region = (change: Partial<CertifiedRegion> = {}): CertifiedRegion => ({
  id: 'C1',
  threshold: 0.8,
  below: null,
  cut: null,
  expiresAt: noon.getTime() + day,
  ...change,
})

export const stateOf = (action: Action, change: Partial<ActionState> = {}): ActionState => ({
  action,
  mode: 'acting',
  gate: 'certified',
  suspended: false,
  certificate: null,
  unlocksFrom: null,
  ...change,
})

export interface AutonomyChange {
  readonly act?: Partial<ActionState>
  readonly clear?: Partial<ActionState>
  readonly calibration?: Calibration | null
  /** Left out: the model that serves, without cuts. */
  readonly acting?: Partial<ActingVersion>
  readonly blindedShare?: number
  /** What is drawn; default: nothing is. */
  readonly draws?: Partial<Draws> | ((words: string) => Draws)
  readonly room?: Autonomy['room']
}

export function autonomyWith(change: AutonomyChange = {}, question: Question = customerOps.questions[0]): Autonomy {
  return {
    epoch: 7,
    sides: mapSides(question.actions, action => stateOf(action, change[action.side])),
    calibration: change.calibration ?? null,
    acting: {
      version: 1,
      serves: true,
      model: null,
      calibration: null,
      cuts: { act: null, clear: null },
      ...change.acting,
    },
    blindedShare: change.blindedShare ?? 0,
    queueDays: 7,
    room: change.room ?? (() => Number.POSITIVE_INFINITY),
    draws:
      typeof change.draws === 'function' ? change.draws : () => ({ audit: 0.999, blinding: 0.999, ...change.draws }),
  }
}

export function snapshotWith(
  autonomy: Autonomy,
  policy: Policy = { version: 3, threshold: 0.7 },
  enrichment = true,
): Snapshot {
  return {
    model: () => null,
    policy: () => policy,
    settings: (_tenant, pod) => pod.defaultSettings,
    autonomy: () => autonomy,
    reference: () => ({ get: () => null, groupsOfCase: () => [] }),
    referenceChange: () => 0,
    enrichment,
  }
}

export const plainIds = { uuid: () => '01a1fe21-41d7-7000-8ce7-e9ab588375a2', bits24: () => 0 }
