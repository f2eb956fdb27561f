/** What a log line says besides its fields, and what whoever reads it does. */
export interface LineSpec {
  readonly level: 'info' | 'warn' | 'error'
  /** The sentence of the line; never anything of the moment, which is in the fields. */
  readonly says: string
  /** Name and meaning. */
  readonly fields: { readonly [name: string]: string }
  readonly todo: string
}

const err = 'what failed: `name`, `message`, `code`, and of a bug `stack`'
const task = 'the task, the loop or the part that it failed in'
const tenant = 'its tenant; left out: it is of all'
const question = { pod: 'the pod', question: 'the question', scope: 'the tenant, or `*` for all' }

/**
 * Every line that the service writes, by its stable name, which is the field `event` of the line: alerts and searches count on it.
 * What is not in here cannot be written, and docs/logs.md is made of it. No field holds what a person wrote or what names one.
 */
export const lines = {
  service_started: {
    level: 'info',
    says: 'the door is open',
    fields: { address: 'where it listens', pods: 'names of the pods that are served' },
    todo: 'Nothing. Where nobody started it, see why it ended before: the line before it, and the exit code ([operations.md](operations.md#stopping)).',
  },
  service_stopping: {
    level: 'info',
    says: 'it stops: what was taken in is finished',
    fields: { code: 'the exit code that follows' },
    todo: 'Nothing with code 0. With code 1 the sentence on stderr says what it cannot do without.',
  },
  end_left_behind: {
    level: 'error',
    says: 'a part did not end in its time and was left behind',
    fields: { err, task },
    todo: 'See whether the database answers: it is what most likely hangs. Nothing that was acknowledged is lost.',
  },
  tables_waited_for: {
    level: 'warn',
    says: 'another process brings the tables up to date: this one waits for it',
    fields: {},
    todo: 'Wait. If it goes on for longer than the other process runs, end that one.',
  },
  embedded_database_restarted: {
    level: 'warn',
    says: 'the embedded PostgreSQL had ended though nobody stopped it: it was started again',
    fields: { task },
    todo: 'See `postgres/server.log` in `DATA_DIR` for why it ended; for want of memory give the machine more. The sixth time in ten minutes ends the service.',
  },
  embedded_database_failed: {
    level: 'error',
    says: 'the embedded PostgreSQL has ended and could not be started again',
    fields: { err, task },
    todo: '`surety doctor` names what is in its way; `postgres/server.log` says why it ended. It is tried five times, then the service ends with code 1.',
  },
  database_connection_lost: {
    level: 'error',
    says: 'the connection that hears news is lost and is opened again',
    fields: { err, task },
    todo: '[When the database is away](operations.md#when-the-database-is-away). Told once for an outage; nothing to do where `/ready` is 200 again.',
  },
  prediction_model_loaded: {
    level: 'info',
    says: 'a model serves in this process from now on',
    fields: {
      ...question,
      version: 'of the model',
      digest: 'SHA-256 of the model',
      validated: 'it passes the AUC floor',
    },
    todo: 'Nothing. With `validated: false` an admin let it in below the floor: see the audit log for why.',
  },
  model_not_loadable: {
    level: 'error',
    says: 'the model that is to serve cannot be read or trusted: what served before goes on',
    fields: { ...question, code: 'what the gate says of it' },
    todo: '`signature_untrusted` or alike: list the key that signed it in `MODEL_TRUSTED_KEYS`. Else roll back ([models.md](models.md)). Where nothing served before every case is asked.',
  },
  model_rejected: {
    level: 'warn',
    says: 'a model was refused and changes nothing',
    fields: {
      ...question,
      source: '`gate` of an upload, a reload or a rollback; `training` of a night or a run',
      code: 'what the gate says, or the names of the checks of a training that failed',
    },
    todo: 'Nothing where a night found nothing better. Of an upload: the answer says what is wrong with it ([models.md](models.md)).',
  },
  certificate_issued: {
    level: 'info',
    says: 'an action is certified from now on',
    fields: {
      tenant: 'the tenant',
      pod: 'the pod',
      question: 'the question',
      action: 'the action',
      certificate: 'its id',
    },
    todo: 'Nothing; `GET /ops/autonomy` shows what it allows and until when. One that a person asked for (`rearm`, a budget) is in the audit log alone.',
  },
  action_suspended: {
    level: 'warn',
    says: 'a tripwire put an action out of work: every case of it is asked',
    fields: {
      tenant: 'the tenant',
      pod: 'the pod',
      question: 'the question',
      action: 'the action',
      why: 'what was counted',
    },
    todo: 'Find out what changed ([stopping.md](stopping.md), [certificates.md](certificates.md)); then an admin re-arms it. Until then people decide.',
  },
  audit_broken: {
    level: 'error',
    says: 'an audit log does not hold together: an entry was changed, deleted or written anew',
    fields: {
      tenant: 'the tenant; `*`: the installation',
      seq: 'the first entry that does not hold',
      why: 'what does not hold',
    },
    todo: 'Keep the database as it is (a copy of it), see who could write to it, and hold it against saved heads: `surety verify --audit --heads FILE` ([audit.md](audit.md)).',
  },
  task_failed: {
    level: 'error',
    says: 'a task, or its part for one tenant, failed and is tried again',
    fields: { err, task: 'name of the task', tenant },
    todo: '`surety tasks list` says when it is tried again. Mend what `err` says; `surety tasks run NAME` tries at once ([tasks.md](tasks.md)).',
  },
  work_failed: {
    level: 'error',
    says: 'work in the background failed and is tried again',
    fields: { err, task, tenant },
    todo: 'Nothing where it stays at one; `loop_failures_total` counts. With a `stack` it is a bug: report it with the line.',
  },
  request_failed: {
    level: 'error',
    says: 'a request was answered 500',
    fields: { err, request_id: 'of the answer', code: 'of the answer ([errors.md](errors.md))' },
    todo: 'A bug: report it with the line. Nothing of the request is stored; the caller may send it again with the same id.',
  },
  request_unserved: {
    level: 'warn',
    says: 'a request was answered 503 or alike: it could not be served at present',
    fields: { err, request_id: 'of the answer', code: 'of the answer ([errors.md](errors.md))' },
    todo: '`storage_unavailable`: [when the database is away](operations.md#when-the-database-is-away). `overloaded`: too much at once. `not_ready`: it stops or starts.',
  },
  idempotent_answer_not_kept: {
    level: 'warn',
    says: 'the answer for an idempotency key could not be kept',
    fields: { err, request_id: 'of the answer' },
    todo: 'Nothing: the request was served, and the same key sent again within the time is served anew. Often: see the database.',
  },
} as const satisfies { readonly [name: string]: LineSpec }

export type LineName = keyof typeof lines
export type FieldsOf<N extends LineName> = { readonly [F in keyof (typeof lines)[N]['fields']]: unknown }

/** Writes one line; fields that are undefined are left out. */
export type Log = <N extends LineName>(name: N, fields: FieldsOf<N>) => void

type Write = (fields: { readonly [name: string]: unknown }, message: string) => void

/** By name, to whatever writes the levels. */
export const logTo =
  (writer: { readonly [level in LineSpec['level']]: Write }): Log =>
  (name, fields) => {
    const { level, says } = lines[name]
    writer[level]({ event: name, ...fields }, says)
  }
