import type { Arena } from './arena.ts'
import type { RunPhase } from './grow-tree.ts'
import { perform } from './phases.ts'
import type { Rules } from './rules.ts'

/** The threads that share the work of a fit. Closing it lets the workers go. */
export interface Crew extends Disposable {
  readonly run: RunPhase
}

export function startCrew(arena: Arena, rules: Rules, _workers: number): Crew {
  return {
    run: (kind, tasks) => {
      for (let task = 0; task < tasks; task++) perform(arena, rules, kind, task)
    },
    [Symbol.dispose]: () => {},
  }
}
