import type { Task } from './jobs.ts'
import { nextSlot } from './slot.ts'

/** The same tasks on the virtual clock: nothing happens between the slots, and each slot is run in order. */
export interface VirtualJobs {
  /** The next due moment after the last run, of all tasks; null when there are none. */
  readonly nextAt: Date | null
  /** Runs every task whose slot lies at or before `at`, in order of time. */
  runUntil(at: Date): Promise<void>
}

export function virtualJobs(tasks: readonly Task[], start: Date): VirtualJobs {
  const due = tasks.map(task => ({ task, at: nextSlot(task.rhythm, start) }))
  const earliest = () =>
    due.reduce<(typeof due)[number] | null>(
      (first, entry) => (first === null || entry.at < first.at ? entry : first),
      null,
    )
  return {
    get nextAt() {
      return earliest()?.at ?? null
    },
    async runUntil(at) {
      for (let entry = earliest(); entry !== null && entry.at <= at; entry = earliest()) {
        const slot = entry.at
        entry.at = nextSlot(entry.task.rhythm, slot)
        await entry.task.run(slot)
      }
    },
  }
}
