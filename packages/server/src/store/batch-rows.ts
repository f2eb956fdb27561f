import type { PlaceRow } from './act-counts.ts'
import type { ActRow } from './acts.ts'
import type { DecisionRow } from './decisions.ts'
import type { KeyRow } from './event-keys.ts'
import type { EventRow } from './events.ts'
import type { SettleRow, TouchRow } from './fences.ts'
import type { InboxRow } from './inbox.ts'
import type { MessageRow } from './messages.ts'
import type { OutcomeRow } from './outcomes.ts'
import type { PredictionRow } from './predictions.ts'
import type { ReactivationRow } from './reactivations.ts'

/** Under which state of the autonomy of a tenant and pod the batch was decided. */
export interface EpochRow {
  readonly tenant: string
  readonly pod: string
  readonly epoch: number
}

/** Decisions and outcomes lie in the order of the keys of their events. */
export interface Batch {
  readonly keys: readonly KeyRow[]
  readonly events: readonly EventRow[]
  readonly decisions: readonly DecisionRow[]
  /** What others than the model that serves said of them. */
  readonly predictions: readonly PredictionRow[]
  readonly outcomes: readonly OutcomeRow[]
  readonly messages: readonly MessageRow[]
  readonly acts: readonly ActRow[]
  readonly inbox: readonly InboxRow[]
  /** Not empty: nothing is written when one of them has moved on, because something may not be done by itself any more. */
  readonly epochs: readonly EpochRow[]
  /** Nothing is written when one of the caps has no room for all that is fresh of these. */
  readonly places: readonly PlaceRow[]
  /** Cases that a person or the customer touched: pending automatic acts with an older token are void. */
  readonly touches: readonly TouchRow[]
  /** Messages that open their case again, should silence have settled it; in the order of the keys of their events. */
  readonly reactivations: readonly ReactivationRow[]
  /** Not empty: all of it is outcomes by silence, and those of a case that was touched since are not written. */
  readonly settles: readonly SettleRow[]
}

/** A batch of nothing, to be filled. */
export const emptyBatch: Batch = {
  keys: [],
  events: [],
  decisions: [],
  predictions: [],
  outcomes: [],
  messages: [],
  acts: [],
  inbox: [],
  epochs: [],
  places: [],
  touches: [],
  reactivations: [],
  settles: [],
}
