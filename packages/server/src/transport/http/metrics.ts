import type { Registry } from 'prom-client'
import { counter, histogram } from '../../metrics/register.ts'

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
  const requests = counter(registry, 'http_requests_total')
  const durations = histogram(registry, 'http_request_duration_seconds')
  const errors = counter(registry, 'errors_total')
  return {
    meter(method, route, statuses, codes) {
      const duration = durations.labels({ method, route })
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
