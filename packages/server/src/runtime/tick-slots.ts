/** A slot is run so long after its moment: what happened before it has come in by then. */
export const tickDelayMs = 30_000
/** Clocks go back a little; a slot that lies further ahead was run under a clock that was wrong. */
const aheadMs = 5 * 60_000

/** Where a kind of ticks stands for a tenant; moments in milliseconds since 1970. */
export interface TickStand {
  /** The last slot that was run whole; null: none was. */
  readonly done: number | null
  /** The last that was begun, with the gap that its ticks carry. */
  readonly begun: TickSlot | null
}

export interface TickSlot {
  readonly slot: number
  /** Time before the slot in which none was run; 0: none was missed. */
  readonly gapMs: number
}

/** The last slot whose turn has come at this moment. Slots are counted from 1970 in UTC: no daylight saving moves them. */
export const newestSlot = (now: number, every: number): number => Math.floor((now - tickDelayMs) / every) * every

/**
 * What is to be run now; null: nothing. Slots that were missed are not made up: the next one carries the gap since the last that was
 * run whole, and the first of all one that goes back to 1970. One that was begun is finished while it is the newest, with the gap it had.
 */
export function slotToRun({ done, begun }: TickStand, now: number, every: number): TickSlot | null {
  const slot = newestSlot(now, every)
  const last = done !== null && done <= now + aheadMs ? done : null
  if (last !== null && last >= slot) return null
  if (begun?.slot === slot) return begun
  const since = slot - (last ?? 0)
  return { slot, gapMs: since > every ? since : 0 }
}

/** The first moment after this one at which a slot of one of these has its turn; null: they never tick. */
export function nextTurn(ticks: readonly { readonly every: number }[], after: number): number | null {
  if (ticks.length === 0) return null
  return Math.min(...ticks.map(({ every }) => newestSlot(after, every) + every + tickDelayMs))
}

/** How long the slot after the last that was run whole has had its turn, in milliseconds; 0: it is ahead, or none was run yet. */
export const lagOf = (done: number | null, now: number, every: number): number =>
  done === null ? 0 : Math.max(0, now - (done + every + tickDelayMs))
