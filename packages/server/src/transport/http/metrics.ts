import { Counter, Histogram, type Registry } from 'prom-client'

/** Seconds; the promises are at 8 ms, 60 ms and 200 ms. */
const buckets = [0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.1, 0.2, 0.5, 1, 5]

/** Everything a request of one route is counted with, looked up once. */
export interface RouteMeter {
  /** `seconds` null: refused before there was a route to time. */
  count(status: number, seconds: number | null): void
  problem(code: string): void
}

export interface HttpMetrics {
  /** `route` is the pattern; the counters of the given statuses and codes exist at 0 from now on. */
  meter(method: string, route: string, statuses: readonly number[], codes: readonly string[]): RouteMeter
}

export function httpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry]
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Answers by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer in seconds.',
    labelNames: ['method', 'route'],
    buckets,
    registers,
  })
  const errors = new Counter({
    name: 'errors_total',
    help: 'Problems by code and route pattern.',
    labelNames: ['code', 'route'],
    registers,
  })
  return {
    meter(method, route, statuses, codes) {
      const duration = durations.labels({ method, route })
      durations.zero({ method, route })
      const byStatus = new Map<number, ReturnType<typeof requests.labels>>()
      const ofStatus = (status: number) => {
        let counter = byStatus.get(status)
        if (counter === undefined) {
          counter = requests.labels({ method, route, status: String(status) })
          byStatus.set(status, counter)
        }
        return counter
      }
      for (const status of statuses) ofStatus(status).inc(0)
      for (const code of codes) errors.inc({ code, route }, 0)
      return {
        count(status, seconds) {
          ofStatus(status).inc()
          if (seconds !== null) duration.observe(seconds)
        },
        problem(code) {
          errors.inc({ code, route })
        },
      }
    },
  }
}
