import {
  exchangeRates,
  forgetRates,
  processesPresent,
  type RateAnswer,
  type RateAsked,
  type RateTotal,
  ratesUnderWay,
} from '../store/rate-totals.ts'
import { tell } from '../store/tell.ts'
import { tenantsOf } from '../store/tenants.ts'
import type { Context } from './context.ts'
import type { Listener } from './listen.ts'

/** Counts of this process, as the door keeps them. */
export interface RateCounts {
  /** @param alone nobody else counts, or nobody can be asked: limits are this process's own */
  among(processes: number, alone: boolean): void
  whenCounted(counted: () => void): void
  /** An exchange is over, or comes no more. */
  exchanged(): void
  resume(total: RateTotal, now: number): void
  /** What is there to exchange; `ending`: what is held is given back. */
  collect(ending: boolean): readonly { readonly asked: RateAsked; settle(answer: RateAnswer, now: number): void }[]
}

/** Somebody began or ended to serve on this database. */
const channel = 'surety_processes'
const everyMs = 1_000
/** So long the counts of before are believed when the database says nothing. */
const patienceMs = 2_000
const minuteMs = 60_000
/** Minutes that are over are removed so often. */
const forgetMs = minuteMs

/**
 * Lets all processes on one database hold a limit together: once a second, and only when something was counted, it adds up what
 * this one let in and takes its part of what is left. No request that is let in waits for it. When the database does not answer each
 * process counts alone, which is told once.
 */
export async function openRateTotals(
  { db, clock, every, onError }: Pick<Context, 'db' | 'clock' | 'every' | 'onError'>,
  counts: RateCounts,
): Promise<Listener & AsyncDisposable> {
  let processes = 1
  /** Since when nobody else counts: what others let in before that is over after a minute. */
  let aloneSince = Number.NEGATIVE_INFINITY
  let apart = false
  let told = false
  let turnedAt = Number.NEGATIVE_INFINITY
  let forgotAt = clock.monotonicMs()
  const tenants = new Set<string>()

  const share = () => {
    const alone = processes <= 1 && clock.monotonicMs() - aloneSince >= minuteMs
    counts.among(processes, apart || alone)
  }
  /** Whether it is news. */
  const part = (): boolean => {
    const news = !told
    apart = true
    told = true
    share()
    counts.exchanged()
    return news
  }
  const setProcesses = (present: number) => {
    if (present > 1) aloneSince = Number.POSITIVE_INFINITY
    else if (processes > 1) aloneSince = clock.monotonicMs()
    const more = present > processes
    processes = present
    share()
    // Whoever counted alone until now holds nothing yet.
    if (more) loop.wake()
  }
  const count = () =>
    void db
      .transaction([], processesPresent)
      .then(setProcesses)
      .catch(() => undefined)
  const exchange = async (ending: boolean): Promise<void> => {
    share()
    const ours = counts.collect(ending)
    if (ours.length === 0) return
    const asked = ours.map(one => one.asked)
    for (const { tenant } of asked) tenants.add(tenant)
    const answers = await db.transaction([...new Set(asked.map(({ tenant }) => tenant))], tx =>
      exchangeRates(tx, asked),
    )
    const now = clock.monotonicMs()
    if (answers[0] !== undefined) setProcesses(answers[0].processes)
    const answerOf = new Map(answers.map(answer => [nameOf(answer), answer]))
    for (const one of ours) {
      const answer = answerOf.get(nameOf(one.asked))
      if (answer !== undefined) one.settle(answer, now)
    }
  }
  const forget = async (): Promise<void> => {
    const now = clock.monotonicMs()
    if (tenants.size === 0 || now - forgotAt < forgetMs) return
    forgotAt = now
    const whose = [...tenants]
    // Whoever is counted again is seen again; a row that is not over yet is somebody's who is.
    if (await db.transaction(whose, forgetRates)) tenants.clear()
  }

  const loop = every({
    name: 'rate-totals',
    everyMs,
    mostMs: everyMs,
    async work() {
      turnedAt = clock.monotonicMs()
      const silent = clock.after(patienceMs, () => {
        if (part()) onError(new Error('The database does not answer: each process counts alone.'), 'rate-totals')
      })
      try {
        await exchange(false)
        await forget()
        if (!apart) return
        apart = false
        told = false
        count()
      } catch (error) {
        if (part()) throw error
      } finally {
        silent.cancel()
        counts.exchanged()
      }
    },
  })
  await db.transaction([], async tx => {
    setProcesses(await processesPresent(tx))
    await tell(tx, channel, '')
  })
  if (processes <= 1) await resume()
  counts.whenCounted(() => {
    // A moment later: what comes at once is told at once.
    if (clock.monotonicMs() - turnedAt >= everyMs) clock.after(1, loop.wake)
  })
  return {
    channels: { [channel]: count },
    missed: count,
    async [Symbol.asyncDispose]() {
      counts.whenCounted(() => {})
      counts.exchanged()
      await loop[Symbol.asyncDispose]()
      // What it holds is of use to the others; a database that is away ends no stop.
      if (!apart) await exchange(true).catch(() => undefined)
    },
  }

  /** Whoever starts again goes on with the minute that was under way. */
  async function resume(): Promise<void> {
    const everybody = await db.transaction([], tenantsOf)
    const totals = await db.transaction([...everybody, '*'], ratesUnderWay)
    for (const total of totals) counts.resume(total, clock.monotonicMs())
  }
}

const nameOf = ({ tenant, keyId, slot }: Pick<RateAsked, 'tenant' | 'keyId' | 'slot'>): string =>
  `${tenant}\n${keyId}\n${slot}`
