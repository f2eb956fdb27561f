import type { Clock } from './clock.ts'
import { within } from './within.ts'

export interface EndingsOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly onError: (error: unknown, task: string) => void
  /** How long one of them may take. */
  readonly patienceMs: number
}

/**
 * Ends what was opened, one after another, none of which may hold up the others. Where one hangs it is most likely the
 * database that does: those after it are waited for a fifth as long.
 * @returns whether it ended in its time
 */
export function endings({ clock, onError, patienceMs }: EndingsOptions) {
  let hung = false
  return async (name: string, end: () => PromiseLike<unknown>): Promise<boolean> => {
    const ended = await within(clock, hung ? patienceMs / 5 : patienceMs, end())
    if (ended) return true
    hung = true
    onError(new Error(`${name} did not end in its time and was left`), 'stop')
    return false
  }
}
