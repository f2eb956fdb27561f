import type { JsonObject, Pod, PodMetrics } from '@surety/contract'
import { Counter, type Registry } from 'prom-client'
import { openHistogram, type Series } from './histogram.ts'
import { type Tally, tallyInto } from './register.ts'

/** What pods count of their own, of recorded decisions. */
export interface PodTallies {
  add(pod: Pod, enrichment: JsonObject, route: string | undefined): void
  flush(): void
}

/** What comes from inside: replays, imports, the demo. */
const noRoute = 'none'

interface Own {
  readonly tallies: ReadonlyMap<string, Tally>
  count(enrichment: JsonObject, route: string): void
}

export function podMetrics(registry: Registry, pods: readonly Pod[]): PodTallies {
  const all = new Map<string, Own>()
  for (const { name, metrics } of pods) if (metrics !== null) all.set(name, registered(registry, metrics))
  return {
    add: (pod, enrichment, route = noRoute) => all.get(pod.name)?.count(enrichment, route),
    flush() {
      for (const { tallies } of all.values()) for (const tally of tallies.values()) tally.flush()
    },
  }
}

function registered(registry: Registry, metrics: PodMetrics): Own {
  const tallies = new Map<string, Tally>()
  const histograms = new Map<string, Series>()
  for (const [name, { type, help, labels, buckets }] of Object.entries(metrics.catalogue)) {
    const common = { name, help, labelNames: [...labels], registers: [registry] }
    if (type === 'histogram')
      histograms.set(name, openHistogram(registry, { name, help, buckets: buckets ?? [] }).labels({}))
    else if (type === 'counter') tallies.set(name, tallyInto<string>(new Counter(common), labels))
    else throw new Error(`the metric ${name} is a ${type}: pods have counters and histograms`)
  }
  for (const [name, series] of Object.entries(metrics.first))
    for (const values of series) tallies.get(name)?.zero(...values)
  const counts = {
    add: (name: string, ...values: readonly string[]) => known(tallies, name).add(...values),
    observe: (name: string, value: number) => known(histograms, name).observe(value),
  }
  return { tallies, count: (enrichment, route) => metrics.count(enrichment, counts, route) }
}

function known<Of>(all: ReadonlyMap<string, Of>, name: string): Of {
  const found = all.get(name)
  if (found === undefined) throw new Error(`a pod counts ${name}, which is not in its catalogue`)
  return found
}
