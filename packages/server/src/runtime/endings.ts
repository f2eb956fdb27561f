import type { Clock } from './clock.ts'
import { within } from './within.ts'

/** What was opened, ended in the reverse order, each in its time. */
export interface Endings extends AsyncDisposable {
  /** @param mostMs for what knows by itself when to give up, and takes longer than others */
  use<T extends AsyncDisposable>(name: string, opened: T, mostMs?: number): T
  defer(name: string, end: () => PromiseLike<unknown>, mostMs?: number): void
  /** Everything so far, in other hands. */
  move(): Endings
}

export interface EndingsOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly onError: (error: unknown, task: string) => void
  /** How long one of them may take. */
  readonly patienceMs: number
}

/**
 * Ends one after another, none of which may hold up the others. Where one hangs it is most likely the database that does:
 * those after it are waited for a fifth as long.
 */
export function endings({ clock, onError, patienceMs }: EndingsOptions): Endings {
  let hung = false
  const over = (stack: AsyncDisposableStack): Endings => {
    const defer: Endings['defer'] = (name, end, mostMs) =>
      stack.defer(async () => {
        if (await within(clock, mostMs ?? (hung ? patienceMs / 5 : patienceMs), end())) return
        hung = true
        onError(new Error(`${name} did not end in its time and was left`), 'stop')
      })
    return {
      defer,
      use(name, opened, mostMs) {
        defer(name, () => opened[Symbol.asyncDispose](), mostMs)
        return opened
      },
      move: () => over(stack.move()),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  }
  return over(new AsyncDisposableStack())
}
