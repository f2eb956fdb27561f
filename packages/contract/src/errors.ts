/** One field that was wrong. `path` is dotted ("attributes.age"), never a value. */
export interface FieldError {
  readonly path: string
  readonly code: string
  readonly message: string
}

interface Entry {
  readonly status: number
  readonly title: string
  /** What to do next, for the generated docs and as the default detail. */
  readonly sentence: string
}

/** Every problem Surety answers: code -> status, title, sentence. Docs are generated from it (RFC 9457). */
export const problems = {
  authentication_required: {
    status: 401,
    title: 'Authentication required',
    sentence: 'Send your key in the header x-api-key.',
  },
  invalid_api_key: {
    status: 401,
    title: 'Invalid API key',
    sentence: 'The key is unknown, disabled, expired or deleted.',
  },
  forbidden: { status: 403, title: 'Forbidden', sentence: 'The role of this key may not do that.' },
  floor_requires_admin: {
    status: 403,
    title: 'Floor requires admin',
    sentence: 'Only an admin may accept a model below the floor.',
  },
  platform_key_required: {
    status: 403,
    title: 'Platform key required',
    sentence: 'More than one tenant shares this model, so a platform key must do that.',
  },
  not_found: { status: 404, title: 'Not found', sentence: 'There is nothing at this path.' },
  lead_not_found: { status: 404, title: 'Lead not found', sentence: 'There is no such lead.' },
  contact_unreadable: {
    status: 409,
    title: 'Contact unreadable',
    sentence:
      'The contact fields of this lead cannot be opened: they were sealed with a key that is not configured, or were damaged.',
  },
  case_not_found: { status: 404, title: 'Case not found', sentence: 'There is no such case.' },
  certificate_not_found: {
    status: 404,
    title: 'Certificate not found',
    sentence: 'There is no such certificate.',
  },
  decision_not_found: { status: 404, title: 'Decision not found', sentence: 'There is no such decision.' },
  question_not_found: {
    status: 404,
    title: 'Question not found',
    sentence: 'No pod of this installation asks this question.',
  },
  model_not_found: { status: 404, title: 'Model not found', sentence: 'There is no such model of this question.' },
  entity_kind_not_found: {
    status: 404,
    title: 'Entity kind not found',
    sentence: 'No pod of this installation has reference data of this kind; GET /v1/entities lists the kinds.',
  },
  entity_not_found: { status: 404, title: 'Entity not found', sentence: 'There is no such entity then.' },
  task_not_found: { status: 404, title: 'Task not found', sentence: 'There is no such task.' },
  key_not_found: { status: 404, title: 'Key not found', sentence: 'There is no such key.' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    sentence: 'The header Allow lists the methods of this path.',
  },
  event_id_conflict: {
    status: 409,
    title: 'Event id conflict',
    sentence: 'This event id was used before with another payload; send a new id for a new event.',
  },
  case_exists: {
    status: 409,
    title: 'Case exists',
    sentence: 'Another event opened this case; send its outcome, or open a case with another id.',
  },
  entity_exists: {
    status: 409,
    title: 'Entity exists',
    sentence: 'There is an entity with this id; change it instead.',
  },
  entity_changed: {
    status: 409,
    title: 'Entity changed',
    sentence: 'Somebody changed it since you read it: read it again and send its latest_version.',
  },
  setting_changed: {
    status: 409,
    title: 'Setting changed',
    sentence: 'Somebody changed it since you read it: read it again and send its version.',
  },
  setting_would_be_lost: {
    status: 409,
    title: 'Setting would be lost',
    sentence:
      'What errors[] lists was set, is not named, and would go back to its default: PATCH keeps it; reset=true if that is meant.',
  },
  withheld_until_answered: {
    status: 409,
    title: 'Withheld until answered',
    sentence:
      'A person is to judge this case without the opinion of the machine; it is shown once the case is answered.',
  },
  in_progress: {
    status: 409,
    title: 'In progress',
    sentence: 'A request with this idempotency key is still in progress; retry in a moment.',
  },
  no_previous_model: {
    status: 409,
    title: 'No previous model',
    sentence: 'There is no earlier accepted model to return to.',
  },
  model_refused: {
    status: 409,
    title: 'Model refused',
    sentence: 'The gate refused this model; what serves goes on serving.',
  },
  not_suspended: {
    status: 409,
    title: 'Not suspended',
    sentence: 'The tripwire has not suspended this action, so there is nothing to arm again.',
  },
  needs_certificate: {
    status: 409,
    title: 'Needs a certificate',
    sentence: 'The action is armed again once a certificate on cases decided after the suspension exists.',
  },
  import_not_found: {
    status: 404,
    title: 'Nothing imported',
    sentence: 'This key has imported no outcome; GET /ops/labels lists the keys that told some.',
  },
  attempts_are_gone: {
    status: 410,
    title: 'Attempts are gone',
    sentence:
      'Certificates stand on a record that may be looked at after every label: no attempt spends anything, so there is nothing to begin anew.',
  },
  certificate_not_waiting: {
    status: 409,
    title: 'Certificate does not wait',
    sentence:
      'Only the newest certificate of an action waits to be accepted, while its model serves and until it runs out.',
  },
  retrain_running: {
    status: 409,
    title: 'Retrain running',
    sentence: 'A training run is already going; wait for its verdict.',
  },
  lease_lost: {
    status: 409,
    title: 'Lease lost',
    sentence: 'This case is not leased to you any more: the lease ran out or was given back. Ask for the next case.',
  },
  case_closed: {
    status: 409,
    title: 'Case closed',
    sentence: 'This case waits for nobody any more: it was answered, it expired, or its outcome became known.',
  },
  not_answered: {
    status: 409,
    title: 'Not answered',
    sentence: 'There is no answer to take back: nobody has answered this case.',
  },
  too_late: {
    status: 409,
    title: 'Too late',
    sentence: 'It cannot be taken back: ten minutes have passed, or it has been done already.',
  },
  record_expired: {
    status: 410,
    title: 'Record expired',
    sentence: 'This was recorded before; what was decided then has been deleted after its time (RECORD_TTL_DAYS).',
  },
  preview_expired: {
    status: 409,
    title: 'Preview expired',
    sentence: 'The preview is older than ten minutes; ask for a new one and look at it again.',
  },
  too_large: {
    status: 413,
    title: 'Body too large',
    sentence: 'Send a smaller body; the limit of each route is in the API reference.',
  },
  unsupported_type: { status: 415, title: 'Unsupported media type', sentence: 'Send application/json.' },
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    sentence: 'The request is not valid HTTP, or its address is not validly encoded.',
  },
  request_timeout: {
    status: 408,
    title: 'Request timeout',
    sentence: 'The request did not arrive whole in time; send it again.',
  },
  headers_too_large: {
    status: 431,
    title: 'Request header fields too large',
    sentence: 'The headers together are larger than 16 KiB; send fewer or shorter ones.',
  },
  malformed_json: { status: 400, title: 'Malformed JSON', sentence: 'The body is not valid JSON.' },
  validation_failed: { status: 422, title: 'Validation failed', sentence: 'See errors[] for each field.' },
  unknown_kind: {
    status: 422,
    title: 'Unknown event type',
    sentence: 'No pod of this installation knows this event type.',
  },
  invalid_outcome: {
    status: 422,
    title: 'Invalid outcome',
    sentence: 'The outcome is not one of the words of this pod.',
  },
  import_refused: {
    status: 422,
    title: 'Import refused',
    sentence: 'Rows of the file are wrong, see errors[]; nothing was imported.',
  },
  too_few_rows: {
    status: 422,
    title: 'Too few rows',
    sentence: 'At least 30 rows with a prediction from 0 to 1 and an actual of 0 or 1 are needed.',
  },
  unsupported_coverage: {
    status: 400,
    title: 'Unsupported coverage',
    sentence: 'Coverage is 90, 95 or 99.',
  },
  no_active_model: {
    status: 409,
    title: 'No active model',
    sentence: 'Calibration belongs to the model that serves: let one serve first.',
  },
  invalid_min_auc: { status: 422, title: 'Invalid min_auc', sentence: 'min_auc must be a number from 0 to 1.' },
  preview_invalid: {
    status: 422,
    title: 'Preview invalid',
    sentence: 'The preview token was changed, or belongs to another key, query or answer; ask for a new preview.',
  },
  reason_required: {
    status: 422,
    title: 'Reason required',
    sentence: 'Say why in the parameter reason; it is written into the audit log.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'Idempotency mismatch',
    sentence: 'This idempotency key was used before with another body.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    sentence: 'too many requests: wait as long as Retry-After says.',
  },
  quota_exceeded: {
    status: 429,
    title: 'Daily quota spent',
    sentence:
      'too many requests: the quota of this key is spent until the day ends, at 00:00 UTC; Retry-After says when.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    sentence: 'Something went wrong here; the request id finds it in the log.',
  },
  storage_unavailable: {
    status: 503,
    title: 'Storage unavailable',
    sentence: 'The database does not answer; nothing was accepted. Retry later.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    sentence: 'The queue is full; nothing was accepted. Retry as Retry-After says.',
  },
  not_ready: { status: 503, title: 'Not ready', sentence: 'The service is starting or its database does not answer.' },
} as const satisfies Record<string, Entry>
export type ProblemCode = keyof typeof problems
