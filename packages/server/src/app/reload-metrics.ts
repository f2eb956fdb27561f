import { Counter, Histogram, type Registry } from 'prom-client'

/** Counters of what the gate answered and how training runs ended. */
export function reloadMetrics(registry: Registry) {
  const registers = [registry]
  const reloads = new Counter({
    name: 'lead_model_reload_total',
    help: 'Gate results: accepted, unchanged or the code of the refusal.',
    labelNames: ['result'],
    registers,
  })
  const retrains = new Counter({
    name: 'lead_retrain_total',
    help: 'Training runs by result.',
    labelNames: ['result'],
    registers,
  })
  const duration = new Histogram({
    name: 'lead_retrain_duration_seconds',
    help: 'Duration of training runs.',
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300],
    registers,
  })
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
