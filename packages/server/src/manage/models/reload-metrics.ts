import type { QuestionKey } from '@surety/contract'
import type { Registry } from 'prom-client'
import { counter, histogram } from '../../metrics/register.ts'

const ends = ['accepted', 'refused', 'error'] as const

/** What the gate answered and how training runs ended, of one question. */
export interface ModelCounters {
  reload(result: string): void
  retrain(result: (typeof ends)[number], seconds: number): void
}

/**
 * Counters of every question, by its pod and name.
 * @param leads the question that those with `lead_` in their name speak of
 */
export function reloadMetrics(registry: Registry, leads: QuestionKey): (question: QuestionKey) => ModelCounters {
  const reloads = counter(registry, 'model_reload_total')
  const retrains = counter(registry, 'model_retrain_total')
  const leadReloads = counter(registry, 'lead_model_reload_total')
  const leadRetrains = counter(registry, 'lead_retrain_total')
  const duration = histogram(registry, 'lead_retrain_duration_seconds').labels({})
  for (const result of ['accepted', 'unchanged']) leadReloads.inc({ result }, 0)
  for (const result of ends) leadRetrains.inc({ result }, 0)
  return ({ pod, question }) => {
    const ofLeads = pod === leads.pod && question === leads.question
    for (const result of ['accepted', 'unchanged']) reloads.inc({ pod, question, result }, 0)
    for (const result of ends) retrains.inc({ pod, question, result }, 0)
    return {
      reload(result) {
        reloads.inc({ pod, question, result })
        if (ofLeads) leadReloads.inc({ result })
      },
      retrain(result, seconds) {
        retrains.inc({ pod, question, result })
        if (!ofLeads) return
        leadRetrains.inc({ result })
        duration.observe(seconds)
      },
    }
  }
}
