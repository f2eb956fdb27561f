import type { MetricSpec, Pod } from '@surety/contract'

const none = [] as const
/** Series that every pod and question shares; until a pod asks more than one thing its question is `main`. */
const shared = ['pod', 'question'] as const

/** Seconds; the promises are at 8 ms, 60 ms and 200 ms. */
const answerSeconds = [0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.1, 0.2, 0.5, 1, 5]
/** Seconds of work that asks nobody: microseconds, unless something is wrong. */
const workSeconds = [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
const tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

const counter = <const L extends readonly string[]>(help: string, labels: L, more: { later?: string } = {}) =>
  ({ type: 'counter', help, labels, ...more }) as const
const gauge = <const L extends readonly string[]>(help: string, labels: L, more: { later?: string } = {}) =>
  ({ type: 'gauge', help, labels, ...more }) as const
const histogram = <const L extends readonly string[]>(help: string, labels: L, buckets: readonly number[]) =>
  ({ type: 'histogram', help, labels, buckets }) as const

/**
 * Every metric of the service but those that a pod counts of its own. What is not in a catalogue is registered nowhere;
 * docs/metrics.md is written from them. No label holds an id or personal data.
 */
export const catalogue = {
  http_requests_total: counter('Answers by method, route pattern and status.', ['method', 'route', 'status']),
  http_request_duration_seconds: histogram('Time to answer in seconds.', ['method', 'route'], answerSeconds),
  errors_total: counter('Problems by code and route pattern.', ['code', 'route']),
  api_tenants_count: gauge('Tenants that have a key or ever had a row.', none),

  lead_ingested_total: counter('Leads in, by result.', ['result']),
  lead_decision_total: counter(
    'Decisions by end state and reason; a blind audit is counted as uncertain, so that no series tells of one.',
    ['state', 'reason'],
  ),
  lead_pending: gauge('Events taken in and not yet decided.', none),
  lead_conservation_imbalance: gauge(
    'Answered as accepted minus committed with a state, and decisions of the last day that the tables do not account for; must be 0.',
    none,
  ),
  decision_state: gauge(
    'Decisions of the 24 hours before the last account, by the state they were in then.',
    [...shared, 'state'],
    { later: 'after the first hourly account of this process' },
  ),
  decision_transition_total: counter(
    'Cases that left the state they were in, by pod, both states and the reason.',
    [...shared, 'from', 'to', 'reason'],
    { later: 'after the first such move' },
  ),

  evaluation_total: counter(
    'What rules said of events: fired, quiet (within the limit) or unknown.',
    ['pod', 'code', 'result'],
    { later: 'once a pod with rules is served' },
  ),
  event_failed_total: counter(
    'Events that failed alone, on their pod or as they were written: nothing of them was stored, and those beside them went on.',
    ['pod'],
  ),

  tick_total: counter(
    'Ticks by what became of them: recorded, repeated (made before, by a run that did not end) or failed.',
    ['pod', 'kind', 'result'],
    { later: 'once a pod with ticks is served' },
  ),
  tick_gap_total: counter('Slots of ticks that were run after others had been missed.', ['pod', 'kind'], {
    later: 'once a pod with ticks is served',
  }),
  tick_lag_seconds: gauge(
    'How long the slot after the last that was run whole has had its turn, of the tenant that waits longest; 0: none waits.',
    ['pod', 'kind'],
    { later: 'once a pod with ticks is served' },
  ),

  lead_enrich_latency_seconds: histogram(
    'Time to enrich one lead: that of its batch, shared evenly.',
    none,
    workSeconds,
  ),
  lead_pred_total: counter('Predictions by result.', ['result']),
  lead_pred_prob: histogram('Predicted probability.', none, tenths),
  lead_pred_latency_seconds: histogram('Time of one prediction: that of its batch, shared evenly.', none, workSeconds),
  lead_outcome_total: counter('Outcomes by word and source.', ['outcome', 'source']),
  lead_conversion_rate: gauge(
    'Share of booked among settled leads, of the newest 1,000 leads of each tenant; 0 without any.',
    none,
  ),
  lead_conversion_sample_size: gauge('Settled leads behind the conversion rate.', none),
  lead_labels_settled: gauge('Leads with a settled label, counted up to 1,000 for each tenant.', none),
  lead_newest_label_ts: gauge('When the newest settled label was recorded, epoch seconds; 0: there is none.', none),
  lead_oldest_case_ts: gauge('When the oldest lead was recorded, epoch seconds; 0: there is none.', none),

  lead_model_version: gauge('Training time of the serving model, epoch seconds; 0 without a model.', none),
  lead_model_auc: gauge('AUC on held-out cases of the serving model.', none),
  lead_model_auc_lower: gauge('Lower bound of the AUC of the serving model.', none),
  lead_model_n_train: gauge('Rows the serving model was trained on.', none),
  lead_model_drift_score: gauge('Largest standardised shift of a feature mean over the last 1,000 predictions.', none),
  lead_model_drift_window_size: gauge('Predictions in the drift window.', none),
  lead_model_last_reload_ts: gauge('When the serving model was loaded, epoch seconds.', none),
  lead_model_reload_total: counter(
    'Gate results of the model of leads: accepted, unchanged or the code of the refusal.',
    ['result'],
  ),
  lead_model_last_verdict_ts: gauge(
    'When a training last ended with a verdict, accepted or refused, epoch seconds; 0: none has.',
    none,
  ),
  lead_model_ever_active: gauge('A model has been active before: 1 or 0.', none),
  lead_retrain_total: counter('Training runs of the model of leads by result.', ['result']),
  lead_retrain_duration_seconds: histogram(
    'Duration of training runs of the model of leads.',
    none,
    [0.1, 0.5, 1, 5, 15, 60, 300],
  ),

  model_reload_total: counter('Gate results by question: accepted, unchanged or the code of the refusal.', [
    ...shared,
    'result',
  ]),
  model_retrain_total: counter('Training runs by question and result.', [...shared, 'result']),

  pii_redactions_total: counter('Tokens written instead of personal data.', ['type', 'surface']),
  contacts_unreadable_total: counter(
    'Contacts that could not be opened when they were to be shown: sealed with a key that is not configured, or damaged.',
    none,
  ),
  pii_text_items_total: counter('Texts examined.', ['surface']),
  pii_redaction_latency_seconds: histogram('Time to examine one event.', ['surface'], workSeconds),

  act_total: counter(
    'Acts that ended, by pod and action: done, or cancelled before they were.',
    [...shared, 'action', 'result'],
    { later: 'after the first act that ended' },
  ),
  act_oldest_due_seconds: gauge(
    'How long the act that waits longest has been due, at the last sweep; 0: none is.',
    none,
  ),
  autonomy_certified: gauge('A tenant holds a certificate that counts for the action: 1 or 0.', [...shared, 'action']),
  autonomy_suspended: gauge('The tripwire has suspended the action of a tenant: 1 or 0.', [...shared, 'action']),
  autonomy_uncertified: gauge('A tenant acts by the plain rule without a certificate: 1 or 0.', [...shared, 'action']),
  autonomy_evidence: gauge('Largest evidence of a tripwire as a part of its limit; suspended at 1.', [
    ...shared,
    'action',
  ]),
  inbox_open: gauge('Cases that wait for a person: of each tenant at most 10,000 are counted.', shared),
  inbox_overdue: gauge(
    'Waiting cases that should have been answered by now: of each tenant the 10,000 that expire first are looked at.',
    shared,
  ),
  inbox_leased: gauge('Waiting cases that somebody has in hand.', shared),
  inbox_answers_total: counter('Answers to waiting cases, by answer and by how good a label it makes.', [
    ...shared,
    'answer',
    'quality',
  ]),
  inbox_answer_seconds: histogram(
    'Seconds from the lease of a case to its answer, single answers only.',
    shared,
    [1, 3, 10, 30, 60, 120, 300, 600],
  ),
  inbox_hurried_total: counter(
    'Answers that ended a run of five or more by one key, each quicker than three seconds.',
    shared,
  ),

  database_up: gauge('The database answered this process when it was last asked, seconds ago: 1 or 0.', none),
  database_writable: gauge(
    'The database took writes when it was last asked, seconds ago: 1, or 0 where it is a standby or read-only. While it does not answer this stays as it was.',
    none,
  ),
  database_clock_ahead_seconds: gauge(
    'How far the clock of this process is ahead of that of the database, in seconds; below 0: behind.',
    none,
  ),
  embedded_database_restarts_total: counter(
    'Times that the embedded PostgreSQL had ended and was started again by this process.',
    none,
  ),
  audit_chain_ok: gauge('Audit log unbroken at the last check: 1 or 0.', none, {
    later: 'after the first check of this process',
  }),
  audit_unsigned_since_ts: gauge(
    'Epoch seconds of the oldest entry of any audit log that no signed head covers, looked up every five minutes; 0: all are signed.',
    none,
  ),
  scheduler_task_last_success_ts: gauge('When a recurring task last ended well, epoch seconds.', ['task'], {
    later: 'after the first look at the tasks',
  }),
  scheduler_task_period_seconds: gauge('The longest pause between two runs of a recurring task.', ['task'], {
    later: 'after the first look at the tasks',
  }),
  scheduler_task_running: gauge('A run of the task is under way in this process: 1 or 0.', ['task']),
  scheduler_task_last_duration_seconds: gauge(
    'How long the last run of the task took, in whatever process, well or not.',
    ['task'],
    { later: 'after the first run' },
  ),
  scheduler_task_failures_total: counter('Runs of the task in this process that did not end well.', ['task']),
  loop_failures_total: counter('Turns of a loop of this process that failed; the loop goes on.', ['loop']),
  scheduler_task_last_success_ahead: gauge(
    'The last success of the task lay in the future in the last hour, by the clock of the database: 1 or 0. It counts as none.',
    ['task'],
  ),
} as const satisfies { readonly [name: string]: MetricSpec }

export type MetricName = keyof typeof catalogue

/** The catalogue with those of the pods. @throws Error where two use one name */
export function catalogueOf(pods: readonly Pod[]): { readonly [name: string]: MetricSpec } {
  const all: { [name: string]: MetricSpec } = { ...catalogue }
  for (const { name: pod, metrics } of pods)
    for (const [name, spec] of Object.entries(metrics?.catalogue ?? {})) {
      if (Object.hasOwn(all, name)) throw new Error(`the metric ${name} of the pod ${pod} has a name that is taken`)
      all[name] = spec
    }
  return all
}
