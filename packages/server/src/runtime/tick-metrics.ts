import type { TickKind } from '@surety/contract'
import type { Registry } from 'prom-client'
import { counter, gaugeRead } from '../metrics/register.ts'

type Result = 'recorded' | 'repeated' | 'failed'

/** A kind of ticks of a pod. */
export interface PodTick {
  readonly pod: string
  readonly tick: TickKind
}

export interface TickMetrics {
  add(of: PodTick, result: Result): void
  /** A slot was begun after others had been missed. */
  gap(of: PodTick): void
}

/** What ticks tell, as metrics; every series exists from the start, so that an alert can count on it. */
export function tickMetrics(
  registry: Registry,
  ticks: readonly PodTick[],
  lagMs: (of: PodTick) => number,
): TickMetrics {
  const total = counter(registry, 'tick_total')
  const gaps = counter(registry, 'tick_gap_total')
  gaugeRead(registry, 'tick_lag_seconds', gauge => {
    for (const one of ticks) gauge.set({ pod: one.pod, kind: one.tick.name }, lagMs(one) / 1000)
  })
  const add = ({ pod, tick }: PodTick, result: Result, count = 1): void =>
    total.inc({ pod, kind: tick.name, result }, count)
  for (const one of ticks) {
    gaps.inc({ pod: one.pod, kind: one.tick.name }, 0)
    for (const result of ['recorded', 'repeated', 'failed'] as const) add(one, result, 0)
  }
  return { add, gap: ({ pod, tick }: PodTick): void => gaps.inc({ pod, kind: tick.name }) }
}
