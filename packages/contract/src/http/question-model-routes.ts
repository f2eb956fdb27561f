import Type from 'typebox'
import { admins, enveloped, operators, type Route, readers } from './route.ts'
import { AnyObject, Instant, Limit, Nullable, Probability, questionNamed, ReasonText } from './shapes.ts'

const QuestionParams = Type.Object({
  pod: Type.String({ minLength: 1, maxLength: 64 }),
  question: Type.String({ minLength: 1, maxLength: 64 }),
})
const ModelParams = Type.Object({ ...QuestionParams.properties, version: Type.String({ minLength: 1, maxLength: 20 }) })

const digest = { pattern: '^[0-9a-f]{64}$' }
const DigestQuery = Type.Object({
  digest: Type.Optional(
    Type.String({
      ...digest,
      description:
        'Where several models have this version. Default: the one that serves, then accepted ones, then the newest.',
    }),
  ),
})

const ModelFields = {
  pod: Type.String(),
  question: Type.String(),
  scope: Type.Enum(['all', 'tenant'], { description: 'Whose model it is: that of all tenants, or the own one.' }),
  version: Type.Number({ description: 'Time of training, epoch seconds.' }),
  digest: Type.String(),
  accepted: Type.Boolean(),
  serves: Type.Boolean(),
  validated: Type.Boolean({ description: 'It passed the gate at the floor when it was last looked at.' }),
  auc: Nullable(Probability),
  n_train: Nullable(Type.Integer()),
  created_at: Instant,
  accepted_at: Nullable(
    Type.String({ format: 'date-time', description: 'null: refused, or rolled back: no rollback returns to it.' }),
  ),
}

const StoredModel = Type.Object({
  ...ModelFields,
  min_auc: Nullable(Type.Number({ description: 'The floor at which it was accepted.' })),
  auc_ci: Nullable(Type.Array(Probability, { minItems: 2, maxItems: 2, description: 'At 95 %, two-sided.' })),
  brier: Nullable(Type.Number()),
  baseline_rate: Nullable(Probability),
  n_test: Nullable(Type.Integer({ description: 'Held-out cases behind AUC and Brier score.' })),
  trained_from: Nullable(Type.String()),
  trained_to: Nullable(Type.String()),
  features: Type.Array(Type.String()),
})

const Served = Type.Object({
  version: Type.Number(),
  auc: Type.Number(),
  load_time: Type.Number({ description: 'epoch seconds' }),
})
const ReasonBody = Type.Object({ reason: Type.Optional(ReasonText) }, { additionalProperties: false })
const below_floor = Type.Optional(
  Type.Boolean({ description: 'admins only: true lets also a model serve that was only accepted below the floor' }),
)

const Scope = Type.Enum(['all', 'tenant'], { description: 'all: one model for every tenant; tenant: its own.' })

const area = 'Model'
const read = { area, method: 'GET', roles: readers, platform: true, group: 'v1', idempotent: false } as const
const change = { area, method: 'POST', roles: operators, platform: true, group: 'ops', idempotent: true } as const
const changeProblems = ['question_not_found', 'reason_required', 'platform_key_required', 'validation_failed'] as const

/** The models of every pod and question alike. */
export const questionModelRoutes = {
  listModels: {
    ...read,
    path: '/v1/models',
    summary: 'Models that were ever accepted or refused, newest first',
    query: Type.Object({
      ...questionNamed('Default: all of them.', 'Default: all of them.'),
      limit: Limit(1, 100, 20),
      cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
    }),
    answers: [
      enveloped(
        Type.Object({ items: Type.Array(Type.Object(ModelFields)), next: Nullable(Type.String()), as_of: Instant }),
        'One page. Numbers of a model that cannot be read any more are null',
      ),
    ],
    problems: ['validation_failed'],
  },
  getModel: {
    ...read,
    path: '/v1/models/{pod}/{question}/{version}',
    summary: 'One model: what it was trained on and how good it is',
    params: ModelParams,
    query: DigestQuery,
    answers: [enveloped(StoredModel, 'The model')],
    problems: ['question_not_found', 'model_not_found', 'validation_failed'],
  },
  getModelCard: {
    ...read,
    path: '/v1/models/{pod}/{question}/{version}/card',
    summary: 'Its card: where it comes from, how good it is, what it is for',
    params: ModelParams,
    query: DigestQuery,
    answers: [enveloped(AnyObject, 'The card; unknown things say "unknown"')],
    problems: ['question_not_found', 'model_not_found', 'validation_failed'],
  },
  getModelVerdict: {
    ...read,
    path: '/v1/models/{pod}/{question}/{version}/verdict',
    summary: 'Why it was accepted or refused, check by check',
    params: ModelParams,
    query: DigestQuery,
    answers: [
      enveloped(
        Type.Object({ version: Type.Number(), digest: Type.String(), accepted: Type.Boolean(), verdict: AnyObject }),
        'What was written when it was judged; of an uploaded model, where it came from and the floor',
      ),
    ],
    problems: ['question_not_found', 'model_not_found', 'validation_failed'],
  },
  getModelScope: {
    ...read,
    path: '/v1/models/{pod}/{question}/scope',
    summary: 'Whose model serves: that of all tenants, or the own one',
    params: QuestionParams,
    answers: [
      enveloped(
        Type.Object({ scope: Scope, of_pod: Scope }),
        'What holds, and what the pod says where nobody has chosen',
      ),
    ],
    problems: ['question_not_found', 'validation_failed'],
  },
  putModelScope: {
    ...change,
    method: 'PUT',
    path: '/v1/models/{pod}/{question}/scope',
    summary: 'Let the tenant have a model of its own, or that of all',
    description:
      'A model is trained first, with the cases of the tenant, and has to stand against the one that serves; it is swapped in with its verdict. Where it is refused everything stays as it is, and the verdict says why. Going back to the model of all takes a platform key where several tenants share it.',
    roles: admins,
    params: QuestionParams,
    body: {
      schema: Type.Object(
        {
          scope: Scope,
          tenant: Type.Optional(
            Type.String({ minLength: 1, maxLength: 128, description: 'Only of a platform key: whose model is meant.' }),
          ),
          reason: Type.Optional(ReasonText),
        },
        { additionalProperties: false },
      ),
      required: true,
      checked: 'door',
      example: { scope: 'tenant', reason: 'our customers are unlike those of the others' },
    },
    answers: [
      enveloped(
        Type.Object({
          scope: Scope,
          changed: Type.Boolean(),
          verdict: Nullable(AnyObject),
        }),
        'What holds now, and the verdict; null: it was so already',
      ),
    ],
    problems: [...changeProblems, 'retrain_running'],
  },
  retrainQuestion: {
    ...change,
    path: '/v1/models/{pod}/{question}/retrain',
    summary: 'Train a challenger now and answer the written verdict',
    params: QuestionParams,
    body: { schema: ReasonBody, required: false, checked: 'door', example: { reason: 'new attribute declared' } },
    answers: [enveloped(AnyObject, 'The verdict with the number of every check')],
    problems: [...changeProblems, 'retrain_running'],
  },
  activateModel: {
    ...change,
    path: '/v1/models/{pod}/{question}/activate',
    summary: 'Let a model serve that is kept here',
    description:
      'It must pass the gate of today. One that was refused when it was trained, or accepted below the floor, takes an admin; a refused one is signed once it passes.',
    params: QuestionParams,
    body: {
      schema: Type.Object(
        {
          version: Type.Integer({ minimum: 0 }),
          digest: Type.Optional(Type.String({ ...digest, description: 'Where several models have this version.' })),
          reason: Type.Optional(ReasonText),
          below_floor,
        },
        { additionalProperties: false },
      ),
      required: true,
      checked: 'door',
      example: { version: 1730483820, reason: 'the newer one ranks the new region badly' },
    },
    answers: [enveloped(Served, 'The version that serves now')],
    problems: [...changeProblems, 'model_not_found', 'model_refused', 'floor_requires_admin'],
  },
  rollbackQuestion: {
    ...change,
    path: '/v1/models/{pod}/{question}/rollback',
    summary: 'Return to the last good model',
    description: 'The last one before this that passes the gate at the floor of today and was not rolled back itself.',
    params: QuestionParams,
    body: {
      schema: Type.Object({ ...ReasonBody.properties, below_floor }, { additionalProperties: false }),
      required: false,
      checked: 'door',
      example: { reason: 'bookings fell since Tuesday' },
    },
    answers: [enveloped(Served, 'The version that serves now')],
    problems: [...changeProblems, 'no_previous_model', 'floor_requires_admin'],
  },
} as const satisfies { readonly [name: string]: Route }
