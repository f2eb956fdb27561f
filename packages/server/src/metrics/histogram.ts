import type { Metric, MetricValueWithName, Registry } from 'prom-client'

/** The values under one set of labels, counted by bucket. */
export interface Series {
  /** @param times how many cases had this value */
  observe(value: number, times?: number): void
}

export interface Histogram<Label extends string> {
  /** It stands at 0 from now on. The same labels give the same series. */
  labels(values: Readonly<Record<Label, string>>): Series
}

interface HistogramSpec {
  readonly name: string
  readonly help: string
  /** Upper bounds, ascending; +Inf is added. */
  readonly buckets: readonly number[]
}

/**
 * Registers a histogram that the registry prints like its own. Those look for their series by a text of all its labels at
 * every value and take one value at a time: with four values a lead that was a fiftieth of what a lead costs.
 */
export function openHistogram<Label extends string>(registry: Registry, spec: HistogramSpec): Histogram<Label> {
  const all = new Map<string, ReturnType<typeof openSeries>>()
  const { name, help, buckets } = spec
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: [...all.values()].flatMap(series => series.values(name)),
  })
  const metric = { name, help, type: 'histogram', get, reset: () => all.clear() }
  registry.registerMetric(metric as unknown as Metric)
  return {
    labels(values) {
      const key = JSON.stringify(Object.entries(values).sort())
      const known = all.get(key) ?? openSeries(values, buckets)
      all.set(key, known)
      return known
    },
  }
}

function openSeries(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
  const counts = new Float64Array(bounds.length + 1)
  let sum = 0
  return {
    observe(value: number, times = 1) {
      if (!Number.isFinite(value)) throw new TypeError(`a histogram counts finite numbers, and this is ${value}`)
      let at = 0
      while (at < bounds.length && value > bounds[at]!) at++
      counts[at]! += times
      sum += value * times
    },
    /** As they are printed: each bucket holds all below it. */
    values(name: string): MetricValueWithName<string>[] {
      let below = 0
      const buckets = [...bounds, '+Inf'].map((le, at) => {
        below += counts[at]!
        return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below }
      })
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels: { ...labels }, value: sum },
        { metricName: `${name}_count`, labels: { ...labels }, value: below },
      ]
    },
  }
}
