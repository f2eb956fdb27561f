import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram, Registry } from 'prom-client'
import { openHistogram } from './histogram.ts'

const spec = { name: 'took_seconds', help: 'Time.\nIn seconds.', buckets: [0.1, 0.25, 1] }

test('it is printed as prom-client prints its own: labels, buckets, sums, series at 0', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const own = openHistogram<'route' | 'method'>(ours, spec)
  const labelNames = ['route', 'method'] as const
  const other = new Histogram({ ...spec, buckets: [...spec.buckets], labelNames: [...labelNames], registers: [theirs] })
  for (const route of ['/a', '/b "c"']) {
    const labels = { route, method: 'GET' }
    own.labels(labels)
    other.zero(labels)
  }
  for (const value of [0.05, 0.1, 0.1000001, 0.25, 3, 0, -1]) {
    own.labels({ method: 'GET', route: '/a' }).observe(value)
    other.observe({ route: '/a', method: 'GET' }, value)
  }
  assert.equal(await ours.metrics(), await theirs.metrics())
})

test('without labels too, and so many at once count as that many', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const own = openHistogram<never>(ours, spec).labels({})
  const other = new Histogram({ ...spec, buckets: [...spec.buckets], registers: [theirs] })
  assert.equal(await ours.metrics(), await theirs.metrics())
  own.observe(0.5, 4)
  own.observe(0.125)
  for (const value of [0.5, 0.5, 0.5, 0.5, 0.125]) other.observe(value)
  assert.equal(await ours.metrics(), await theirs.metrics())
})

test('two of one name are refused, and so is what is no number', () => {
  const registry = new Registry()
  const series = openHistogram<never>(registry, spec).labels({})
  assert.throws(() => openHistogram(registry, spec), /already been registered/)
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => series.observe(value), TypeError)
})
