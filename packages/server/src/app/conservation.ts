import { Gauge, type Registry } from 'prom-client'
import type { Task } from '../jobs/jobs.ts'
import { pods } from '../pods.ts'
import { countStates } from '../store/conservation.ts'
import type { Database } from '../store/db.ts'
import { tenantsOf } from '../store/tenants.ts'

export interface Conservation {
  /** Decisions of the last day that cannot be accounted for, as the newest check of this process found; 0 when it is old. */
  lost(): number
  readonly task: Task
}

const hourMs = 3_600_000
/** Another replica may have taken the next turn: what this one found is then nobody's news. */
const oldMs = 2 * hourMs

/** The hourly account of where the decisions of the last 24 hours stand, from the tables themselves. */
export function conservation({
  db,
  now,
  registry,
}: {
  readonly db: Database
  readonly now: () => Date
  readonly registry: Registry
}): Conservation {
  const standing = new Gauge({
    name: 'decision_state',
    help: 'Decisions of the 24 hours before the last account, by the state they were in then.',
    labelNames: ['pod', 'state'],
    registers: [registry],
  })
  let found: { readonly lost: number; readonly at: number } | null = null
  return {
    lost: () => (found === null || now().getTime() - found.at > oldMs ? 0 : found.lost),
    task: {
      name: 'conservation',
      rhythm: { every: 'hour', minute: 41 },
      async run(at, signal) {
        const counts = new Map<string, { pod: string; state: string; cases: number }>()
        let lost = 0
        // Hour by hour, so that no query is long and a stop is heard.
        for (const tenant of await db.transaction([], tenantsOf))
          for (const pod of pods)
            for (let hour = 24; hour > 0; hour--) {
              signal?.throwIfAborted()
              const from = new Date(at.getTime() - hour * hourMs)
              const to = new Date(from.getTime() + hourMs)
              const rows = await db.transaction([tenant], handle => countStates(handle, tenant, pod.name, from, to))
              for (const { state, cases, lost: missing } of rows) {
                lost += missing
                const key = `${pod.name}\n${state}`
                counts.set(key, { pod: pod.name, state, cases: (counts.get(key)?.cases ?? 0) + cases })
              }
            }
        standing.reset()
        for (const { pod, state, cases } of counts.values()) standing.set({ pod, state }, cases)
        found = { lost, at: now().getTime() }
      },
    },
  }
}
