import { questionShown } from '@surety/contract'
import { gauge } from '../../metrics/register.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Context } from '../../runtime/context.ts'
import type { Task } from '../../runtime/task.ts'
import { countStates } from '../../store/conservation.ts'
import type { Database } from '../../store/db.ts'
import { forgetHours, type HourBook, hourBooks, saveHour } from '../../store/hour-books.ts'

export interface Conservation {
  /** Decisions of the last day that cannot be accounted for, as the newest check of this process found; 0 when it is old. */
  lost(): number
  readonly tasks: readonly [Task]
}

const hourMs = 3_600_000
/** The hour that is under way and the whole day before it. */
const hours = 25
/** Another replica may have taken the next turn: what this one found is then nobody's news. */
const oldMs = 2 * hourMs

/**
 * The hourly account of where the decisions of the last 24 hours stand, from the tables themselves. An hour is counted as it
 * runs and once it has ended; what moves later is found when the whole day is counted, at the first run of a day.
 */
export function openConservation({
  db,
  clock,
  pods,
  metrics,
}: Pick<Context, 'db' | 'pods' | 'metrics'> & { readonly clock: Pick<Clock, 'monotonicMs'> }): Conservation {
  const standing = gauge(metrics, 'decision_state')
  let found: { readonly lost: number; readonly at: number } | null = null
  const lostNow = (): number => (found === null || clock.monotonicMs() - found.at > oldMs ? 0 : found.lost)
  return {
    lost: lostNow,
    tasks: [
      {
        name: 'conservation',
        schedule: { cron: '41 * * * *', timeZone: 'UTC' },
        // What stands where is a sum over all tenants: a second try is about all of them too.
        whole: true,
        async run(at, signal, eachTenant) {
          const counts = new Map<string, { pod: string; question: string; state: string; cases: number }>()
          let lost = 0
          const whole = await eachTenant(async tenant => {
            for (const pod of pods)
              for (const book of await account(db, tenant, pod.name, at, signal)) {
                lost += book.lost
                for (const [state, cases] of Object.entries(book.states)) {
                  const key = `${pod.name}\n${state}`
                  counts.set(key, {
                    pod: pod.name,
                    question: questionShown(pod),
                    state,
                    cases: (counts.get(key)?.cases ?? 0) + cases,
                  })
                }
              }
          })
          if (!whole) {
            // Books that cannot be read add up to nothing: the sums stay as they were, and what is lost is not found again.
            if (lost > lostNow()) found = { lost, at: clock.monotonicMs() }
            return
          }
          standing.reset()
          for (const { cases, ...place } of counts.values()) standing.set(place, cases)
          found = { lost, at: clock.monotonicMs() }
        },
      },
    ],
  }
}

/** The books of the day, with what had to be counted anew: hour by hour, so that no query is long and a stop is heard. */
async function account(
  db: Database,
  tenant: string,
  pod: string,
  at: Date,
  signal: AbortSignal | undefined,
): Promise<readonly HourBook[]> {
  const newest = Math.floor(at.getTime() / hourMs) * hourMs
  const oldest = new Date(newest - (hours - 1) * hourMs)
  const known = new Map(
    (await db.transaction([tenant], handle => hourBooks(handle, tenant, pod, oldest))).map(book => [
      book.hour.getTime(),
      book,
    ]),
  )
  const day = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate())
  // By the time of counting, which is stored: whichever replica has the turn, and however many turns were missed.
  const wholeDay = [...known.values()].some(book => book.countedAt.getTime() < day)
  const books: HourBook[] = []
  for (let from = oldest.getTime(); from <= newest; from += hourMs) {
    signal?.throwIfAborted()
    const kept = known.get(from)
    const stands =
      kept !== undefined && kept.lost === 0 && kept.countedAt <= at && kept.countedAt.getTime() >= from + hourMs
    books.push(
      stands && !wholeDay && from < newest - hourMs
        ? kept
        : await db.transaction([tenant], async handle => {
            const hour = new Date(from)
            const rows = await countStates(handle, tenant, pod, hour, new Date(from + hourMs))
            const book = {
              hour,
              states: Object.fromEntries(rows.map(({ state, cases }) => [state, cases])),
              lost: rows.reduce((sum, row) => sum + row.lost, 0),
              countedAt: at,
            }
            await saveHour(handle, tenant, pod, book)
            return book
          }),
    )
  }
  await db.transaction([tenant], handle => forgetHours(handle, tenant, pod, oldest))
  return books
}
