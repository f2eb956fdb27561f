import { median } from './median.ts'
import { isPhase, type OnDatabase, type Phase } from './results.ts'

/** One promise and what was found. `met` is null when the run could not be counted. */
export interface Bar {
  readonly database: string
  readonly what: string
  readonly bar: string
  readonly found: string
  readonly met: boolean | null
  /** Cores used by what had nothing to do with the bench: above .1 the figure is too low. */
  readonly othersCores: number | null
}

/** Every bar of the line on one database, in the order of the table. */
export function barsOf(run: OnDatabase): readonly Bar[] {
  const named = (name: string): Phase | null => run.phases.filter(isPhase).find(phase => phase.name === name) ?? null
  const rounds = (name: string): readonly Phase[] =>
    run.phases.filter(isPhase).filter(phase => phase.name.startsWith(`${name}, round`))
  const bar = (what: string, limit: string, phases: readonly (Phase | null)[], judge: () => [string, boolean]): Bar => {
    const counted = phases.filter(phase => phase !== null)
    const head = { database: run.kind, what, bar: limit }
    if (counted.length === 0 || counted.length < phases.length)
      return { ...head, found: 'not counted', met: null, othersCores: null }
    const [found, met] = judge()
    return { ...head, found, met, othersCores: Math.max(...counted.map(phase => phase.cores.others)) }
  }
  const light = named('100/s')
  const some = named('32 connections')
  const many = named('128 connections')
  const batched = named('batches of 200')
  const one = rounds('one tenant')
  const mixed = rounds('20 tenants')
  return [
    bar('one lead at 100/s', 'p50 < 2 ms, p99 < 8 ms', [light], () => {
      const { p50, p99 } = light!.measured.ms
      return [`p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)} ms`, p50 < 2 && p99 < 8]
    }),
    bar('leads/s, 32 connections', '>= 4,000', [some], () => [speed(some!), some!.perSecond >= 4_000]),
    bar('leads/s, 128 connections', '>= 5,000, p99 < 60 ms', [many], () => [
      speed(many!),
      many!.perSecond >= 5_000 && many!.measured.ms.p99 < 60,
    ]),
    bar('20 tenants beside one', '>= 0.8', [...one, ...mixed], () => {
      const [a, b] = [median(mixed.map(rate)), median(one.map(rate))]
      return [`${(a / b).toFixed(2)} (${thousands(a)} beside ${thousands(b)}/s)`, a / b >= 0.8]
    }),
    bar('leads/s, batches of 200', '>= 10,000', [batched], () => [speed(batched!), batched!.perSecond >= 10_000]),
    ...memoryBars(run),
  ]
}

const rate = (phase: Phase): number => phase.perSecond

function memoryBars(run: OnDatabase): readonly Bar[] {
  const { fresh, minuteAfterLoad: after } = run
  const row = (what: string, memory: OnDatabase['fresh']['surety'], limit: number): Bar => ({
    database: run.kind,
    what,
    bar: `< ${limit} MB`,
    found: memory === null ? 'not counted' : `${memory.pssMb.toFixed(0)} MB (Rss ${memory.rssMb.toFixed(0)})`,
    met: memory === null ? null : memory.pssMb < limit,
    othersCores: null,
  })
  return [
    row('memory of Surety, fresh', fresh.surety, 150),
    row('memory of Surety, a minute after load', after.surety, 200),
    ...(run.kind === 'embedded'
      ? [
          row('memory of its PostgreSQL, fresh', fresh.postgres, 60),
          row('memory of its PostgreSQL, a minute after load', after.postgres, 200),
        ]
      : []),
  ]
}

function speed({ perSecond, measured: { ms } }: Phase): string {
  return `${thousands(perSecond)}/s (p50 ${ms.p50.toFixed(1)}, p99 ${ms.p99.toFixed(1)} ms)`
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
