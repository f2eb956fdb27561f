import Type from 'typebox'
import { enveloped, largeBodyLimit, operators, type Route, type RouteAnswer, readers } from './route.ts'
import { AnyObject, Nullable, ofQuestion, ReasonText } from './shapes.ts'

const reloadAccepted = {
  status: 200,
  type: 'application/json',
  envelope: false,
  description: 'The model serves now',
  schema: Type.Object({
    ok: Type.Literal(true),
    version: Type.Number(),
    auc: Type.Number(),
    n_train: Type.Integer(),
    load_time: Type.Number(),
    validated: Type.Boolean(),
  }),
  example: { ok: true, version: 1730483820, auc: 0.78, n_train: 523, load_time: 1730483820.123, validated: true },
} as const satisfies RouteAnswer

const reloadRejected = {
  status: 409,
  type: 'application/json',
  envelope: false,
  description: 'The model was refused; the old one keeps serving',
  schema: Type.Object({
    ok: Type.Literal(false),
    error: Type.String(),
    auc: Nullable(Type.Number()),
    min_auc: Type.Number(),
    rejected: Type.Literal(true),
  }),
  example: { ok: false, error: 'Model AUC below threshold', auc: 0.68, min_auc: 0.7, rejected: true },
  headers: { 'x-reject-code': 'The machine code of the failing check.' },
} as const satisfies RouteAnswer

const modelStatus = {
  status: 200,
  type: 'application/json',
  envelope: false,
  description: 'State of the serving model; the numbers are null without one',
  schema: Type.Object({
    loaded: Type.Boolean(),
    version: Nullable(Type.Number()),
    version_date: Nullable(Type.String()),
    auc: Nullable(Type.Number()),
    n_train: Nullable(Type.Integer()),
    load_time: Nullable(Type.Number()),
    age_hours: Nullable(Type.Number()),
    drift_score: Nullable(Type.Number()),
    health: Type.Enum([
      'error',
      'no_model',
      'critical_low_auc',
      'warning_low_auc',
      'warning_high_drift',
      'warning_stale',
      'ok',
    ]),
    conditions: Type.Array(Type.String()),
  }),
} as const satisfies RouteAnswer

/** All of it may stand in the query or in the body. */
const ReasonQuery = Type.Object({ ...ofQuestion, reason: Type.Optional(ReasonText) })
const ReasonBody = Type.Object({ ...ofQuestion, reason: Type.Optional(ReasonText) })
const RollbackBody = Type.Object({
  ...ofQuestion,
  reason: Type.Optional(ReasonText),
  below_floor: Type.Optional(
    Type.Boolean({ description: 'admins only: true returns also to a model that was only accepted below the floor' }),
  ),
})

/** The model that serves: gate, status, rollback, training. Of the leads where no other question is named. */
export const modelRoutes = {
  reloadModel: {
    method: 'POST',
    path: '/ops/reload-model',
    area: 'Model',
    summary: 'Put a model through the gate and let it serve',
    description:
      'Without body the model file of the server is read again; a JSON body is the candidate itself. Reloading the identical model changes nothing, so no Idempotency-Key is needed.',
    roles: operators,
    platform: true,
    query: Type.Object({
      ...ofQuestion,
      min_auc: Type.Optional(Type.String({ description: 'a number from 0 to 1; default is the floor' })),
      reason: Type.Optional(ReasonText),
    }),
    body: {
      schema: AnyObject,
      required: false,
      checked: 'door',
      plain: { but: ['digest', 'signature'] },
      limit: largeBodyLimit,
    },
    answers: [reloadAccepted, reloadRejected],
    problems: [
      'invalid_min_auc',
      'floor_requires_admin',
      'reason_required',
      'platform_key_required',
      'validation_failed',
    ],
    group: 'ops',
    idempotent: false,
  },
  modelStatus: {
    method: 'GET',
    path: '/ops/model-status',
    area: 'Model',
    summary: 'Is the model loaded, how good, how old, and has the input drifted',
    roles: readers,
    platform: true,
    query: Type.Object(ofQuestion),
    answers: [modelStatus],
    problems: ['validation_failed'],
    group: 'ops',
    idempotent: false,
  },
  rollbackModel: {
    method: 'POST',
    path: '/ops/model/rollback',
    area: 'Model',
    summary: 'Return to the last good model',
    description: 'The last one before this that passes the gate at the floor of today and was not rolled back itself.',
    roles: operators,
    platform: true,
    query: ReasonQuery,
    body: {
      schema: RollbackBody,
      required: false,
      checked: 'door',
      example: { reason: 'bookings fell since Tuesday' },
    },
    answers: [
      enveloped(
        Type.Object({ version: Type.Number(), auc: Type.Number(), load_time: Type.Number() }),
        'The version that serves now',
      ),
    ],
    problems: [
      'reason_required',
      'floor_requires_admin',
      'no_previous_model',
      'platform_key_required',
      'validation_failed',
    ],
    group: 'ops',
    idempotent: true,
  },
  retrain: {
    method: 'POST',
    path: '/ops/retrain',
    area: 'Model',
    summary: 'Train a challenger now and answer the written verdict',
    roles: operators,
    platform: true,
    query: ReasonQuery,
    body: { schema: ReasonBody, required: false, checked: 'door', example: { reason: 'new attribute declared' } },
    answers: [enveloped(AnyObject, 'The verdict with the number of every check')],
    problems: ['reason_required', 'retrain_running', 'platform_key_required', 'validation_failed'],
    group: 'ops',
    idempotent: true,
  },
  modelCard: {
    method: 'GET',
    path: '/ops/model-card',
    area: 'Model',
    summary: 'What the model was trained on, how good it is, what it is for',
    roles: readers,
    platform: true,
    query: Type.Object(ofQuestion),
    answers: [enveloped(AnyObject, 'The card; unknown things say "unknown"')],
    problems: ['validation_failed'],
    group: 'ops',
    idempotent: false,
  },
} as const satisfies { readonly [name: string]: Route }
