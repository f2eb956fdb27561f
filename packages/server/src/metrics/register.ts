import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { catalogue, type MetricName, type MetricSpec } from './catalogue.ts'

type OfType<T extends MetricSpec['type']> = {
  [N in MetricName]: (typeof catalogue)[N]['type'] extends T ? N : never
}[MetricName]
type LabelOf<N extends MetricName> = (typeof catalogue)[N]['labels'][number]

export type CounterName = OfType<'counter'>
export type GaugeName = OfType<'gauge'>
export type HistogramName = OfType<'histogram'>

/** The question of a pod that asks one thing. */
export const mainQuestion = 'main'

function common<N extends MetricName>(registry: Registry, name: N) {
  const spec: MetricSpec = catalogue[name]
  return { name, help: spec.help, labelNames: spec.labels as readonly LabelOf<N>[], registers: [registry] }
}

export function counter<N extends CounterName>(registry: Registry, name: N): Counter<LabelOf<N>> {
  return new Counter(common(registry, name))
}

/** @param read asked at each scrape; left out: whoever made it sets it */
export function gauge<N extends GaugeName>(registry: Registry, name: N, read?: () => number): Gauge<LabelOf<N>> {
  const spec = common(registry, name)
  if (read === undefined) return new Gauge(spec)
  return new Gauge({
    ...spec,
    collect() {
      this.set(read())
    },
  })
}

export function histogram<N extends HistogramName>(registry: Registry, name: N): Histogram<LabelOf<N>> {
  const { buckets }: MetricSpec = catalogue[name]
  return new Histogram({ ...common(registry, name), buckets: [...(buckets ?? [])] })
}
