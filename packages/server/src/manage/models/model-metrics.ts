import type { ModelStatus } from '@surety/contract'
import type { Registry } from 'prom-client'
import { type GaugeName, gauge } from '../../metrics/register.ts'
import type { OpenModels } from './open-models.ts'

/** Gauges of the model that serves; all of them exist at 0 from the start. */
export function modelMetrics(registry: Registry, models: Pick<OpenModels, 'registry'>, tenant: string): void {
  // As loaded here: a scrape asks the database nothing.
  const shown = (name: ModelGauge, read: (status: ModelStatus) => number | null): void => {
    gauge(registry, name, () => read(models.registry.status(tenant)) ?? 0)
  }
  shown('lead_model_version', status => status.version)
  shown('lead_model_auc', status => status.auc)
  shown('lead_model_n_train', status => status.n_train)
  shown('lead_model_drift_score', status => status.drift_score)
  shown('lead_model_last_reload_ts', status => status.load_time)
  shown('lead_model_auc_lower', () => serving()?.model.metrics.auc_ci[0] ?? null)
  shown('lead_model_drift_window_size', () => models.registry.drift(tenant).rows)
  const serving = () => models.registry.current(models.registry.scopeOf(tenant))
}

type ModelGauge = Extract<GaugeName, `lead_model_${string}`>
