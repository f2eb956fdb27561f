import type { Rhythm } from './slot.ts'

/** A recurring job: idempotent per slot, so that firing twice does no harm. What it does is handed in. */
export interface Task {
  readonly name: string
  readonly rhythm: Rhythm
  /**
   * @param at the moment of the run: the wall clock live, the virtual clock in a replay
   * @param signal aborted when the process stops: the run ends soon, throws, and is made up at the next start
   */
  run(at: Date, signal?: AbortSignal): Promise<void>
}

/** The small port behind which pg-boss runs live. A replay drives its nights itself, on the virtual clock (replay/nights.ts). */
export interface Jobs extends AsyncDisposable {
  /** Runs a task now, whatever its slot. Throws when the task throws. */
  runNow(name: string): Promise<void>
}
