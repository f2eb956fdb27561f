import type { JsonObject } from './json.ts'

/** What one metric is called, says and is split by. `later`: why a fresh process may show no series of it. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram, ascending. */
  readonly buckets?: readonly number[]
  readonly later?: string
}

/** Where a pod says what it counts; both take a name of its catalogue. */
export interface PodCounts {
  /** One more, under these values in the order of the labels. */
  add(name: string, ...values: readonly string[]): void
  observe(name: string, value: number): void
}

/** What a pod counts beside what the line counts of every pod. */
export interface PodMetrics {
  /** Counters and histograms; a histogram here has no labels. */
  readonly catalogue: { readonly [name: string]: MetricSpec }
  /** Values of the series of a counter that exist before the first event. */
  readonly first: { readonly [name: string]: readonly (readonly string[])[] }
  /** What one recorded decision counts, told by what its enrichment read and by the route its event came through. */
  count(enrichment: JsonObject, counts: PodCounts, route: string): void
}
