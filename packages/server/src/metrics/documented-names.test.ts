import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pods } from '../pods.ts'
import { catalogueOf } from './catalogue.ts'

/** What boards and alerts of others rely on, written by hand: type and labels; further labels only split it. */
const documented: { readonly [name: string]: string } = {
  http_requests_total: 'counter method route status',
  http_request_duration_seconds: 'histogram method route',
  errors_total: 'counter code route',
  agent_intent_total: 'counter intent route',
  api_tenants_count: 'gauge',
  lead_ingested_total: 'counter result',
  lead_decision_total: 'counter state reason',
  lead_pending: 'gauge',
  lead_conservation_imbalance: 'gauge',
  lead_enrich_total: 'counter intent urgency sentiment',
  lead_enrich_intent_total: 'counter intent',
  lead_enrich_urgency_total: 'counter urgency',
  lead_enrich_sentiment_total: 'counter sentiment',
  lead_enrich_score: 'histogram',
  lead_enrich_latency_seconds: 'histogram',
  lead_pred_total: 'counter result',
  lead_pred_prob: 'histogram',
  lead_pred_latency_seconds: 'histogram',
  lead_outcome_total: 'counter outcome source',
  lead_conversion_rate: 'gauge',
  lead_conversion_sample_size: 'gauge',
  lead_labels_settled: 'gauge',
  lead_newest_label_ts: 'gauge',
  lead_oldest_case_ts: 'gauge',
  lead_model_auc: 'gauge',
  lead_model_auc_lower: 'gauge',
  lead_model_version: 'gauge',
  lead_model_n_train: 'gauge',
  lead_model_drift_score: 'gauge',
  lead_model_drift_window_size: 'gauge',
  lead_model_last_reload_ts: 'gauge',
  lead_model_reload_total: 'counter result',
  lead_model_last_verdict_ts: 'gauge',
  lead_model_ever_active: 'gauge',
  lead_retrain_total: 'counter result',
  lead_retrain_duration_seconds: 'histogram',
  pii_redactions_total: 'counter type surface',
  pii_text_items_total: 'counter surface',
  pii_redaction_latency_seconds: 'histogram surface',
  autonomy_certified: 'gauge action',
  autonomy_suspended: 'gauge action',
  audit_chain_ok: 'gauge',
  scheduler_task_last_success_ts: 'gauge task',
  scheduler_task_period_seconds: 'gauge task',
}

test('every documented metric is in the catalogue under its name, with its type and its labels', () => {
  const catalogue = catalogueOf(pods)
  for (const [name, line] of Object.entries(documented)) {
    const [type, ...labels] = line.split(' ')
    const spec = catalogue[name]
    assert.ok(spec !== undefined, `${name} is gone`)
    assert.equal(spec.type, type, name)
    for (const label of labels) assert.ok(spec.labels.includes(label), `${name} is not split by ${label}`)
  }
})

test('a label that was added to a documented metric is one that all pods share', () => {
  const catalogue = catalogueOf(pods)
  for (const [name, line] of Object.entries(documented)) {
    const labels = line.split(' ').slice(1)
    const added = catalogue[name]!.labels.filter(label => !labels.includes(label))
    assert.ok(added.length === 0 || added.toSorted().join() === 'pod,question', `${name} has ${added.join()} besides`)
  }
})
