import type { Registry } from 'prom-client'
import { counter, histogram } from '../../metrics/register.ts'

/** Counters of what the gate answered and how training runs ended. */
export function reloadMetrics(registry: Registry) {
  const reloads = counter(registry, 'lead_model_reload_total')
  const retrains = counter(registry, 'lead_retrain_total')
  const duration = histogram(registry, 'lead_retrain_duration_seconds')
  for (const result of ['accepted', 'unchanged']) reloads.inc({ result }, 0)
  for (const result of ['accepted', 'refused', 'error']) retrains.inc({ result }, 0)
  return {
    reload: (result: string) => reloads.inc({ result }),
    retrain(result: 'accepted' | 'refused' | 'error', seconds: number) {
      retrains.inc({ result })
      duration.observe(seconds)
    },
  }
}
