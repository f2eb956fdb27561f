import type { MetricSpec } from '@surety/contract'
import { Counter, Gauge, type Registry } from 'prom-client'
import { catalogue, type MetricName } from './catalogue.ts'
import { type Histogram, openHistogram } from './histogram.ts'

type OfType<T extends MetricSpec['type']> = {
  [N in MetricName]: (typeof catalogue)[N]['type'] extends T ? N : never
}[MetricName]
type LabelOf<N extends MetricName> = (typeof catalogue)[N]['labels'][number]

export type CounterName = OfType<'counter'>
export type GaugeName = OfType<'gauge'>
export type HistogramName = OfType<'histogram'>

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

/** The same with labels: `read` sets every series at each scrape. */
export function gaugeRead<N extends GaugeName>(
  registry: Registry,
  name: N,
  read: (gauge: Gauge<LabelOf<N>>) => void,
): Gauge<LabelOf<N>> {
  return new Gauge({
    ...common(registry, name),
    collect() {
      read(this)
    },
  })
}

export function histogram<N extends HistogramName>(registry: Registry, name: N): Histogram<LabelOf<N>> {
  const { help, buckets }: MetricSpec = catalogue[name]
  return openHistogram(registry, { name, help, buckets: buckets ?? [] })
}

/** What a batch adds to a counter: looked up once for each set of labels, which costs more than the counting. */
export interface Tally {
  /** One more, under these values in the order of the labels. */
  add(...values: readonly string[]): void
  /** Adds what was counted since the last time. */
  flush(): void
  /** Makes a series that exists before anything happened. */
  zero(...values: readonly string[]): void
}

/** @param labels of the counter, in the order in which `add` is handed their values */
export function tally<N extends CounterName>(registry: Registry, name: N, ...labels: readonly LabelOf<N>[]): Tally {
  return tallyInto(counter(registry, name), labels)
}

export function tallyInto<Label extends string>(into: Counter<Label>, labels: readonly Label[]): Tally {
  const counts = new Map<string, { readonly values: readonly string[]; by: number }>()
  const labelled = (values: readonly string[]) =>
    Object.fromEntries(labels.map((label, at) => [label, values[at]!])) as Partial<Record<Label, string>>
  return {
    add(...values) {
      const key = values.length === 1 ? values[0]! : values.join('\n')
      const known = counts.get(key)
      if (known === undefined) counts.set(key, { values, by: 1 })
      else known.by++
    },
    flush() {
      for (const { values, by } of counts.values()) into.inc(labelled(values), by)
      counts.clear()
    },
    zero: (...values) => into.inc(labelled(values), 0),
  }
}
