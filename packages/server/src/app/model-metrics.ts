import type { ModelStatus } from '@surety/contract'
import { Gauge, type Registry } from 'prom-client'
import type { OpenModels } from './open-models.ts'

/** Gauges of the model that serves; all of them exist at 0 from the start. */
export function modelMetrics(registry: Registry, models: OpenModels, tenant: string): void {
  // As loaded here: a scrape asks the database nothing.
  const status = () => models.registry.status(tenant)
  const registers = [registry]
  const gauge = (name: string, help: string, read: (status: ModelStatus) => number) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(status()))
      },
    })
  }
  gauge(
    'lead_model_version',
    'Training time of the serving model, epoch seconds; 0 without a model.',
    s => s.version ?? 0,
  )
  gauge('lead_model_auc', 'AUC on held-out cases of the serving model.', s => s.auc ?? 0)
  gauge('lead_model_n_train', 'Rows the serving model was trained on.', s => s.n_train ?? 0)
  gauge(
    'lead_model_drift_score',
    'Largest standardised shift of a feature mean over the last 1,000 predictions.',
    s => s.drift_score ?? 0,
  )
  gauge('lead_model_last_reload_ts', 'When the serving model was loaded, epoch seconds.', s => s.load_time ?? 0)
  new Gauge({
    name: 'lead_model_auc_lower',
    help: 'Lower bound of the AUC of the serving model.',
    registers,
    collect() {
      this.set(models.registry.current(models.registry.scopeOf(tenant))?.model.metrics.auc_ci[0] ?? 0)
    },
  })
  new Gauge({
    name: 'lead_model_drift_window_size',
    help: 'Predictions in the drift window.',
    registers,
    collect() {
      this.set(models.registry.drift(tenant).rows)
    },
  })
}
