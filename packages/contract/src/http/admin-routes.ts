import Type from 'typebox'
import { admins, enveloped, type Route, readers } from './route.ts'
import { AnyObject, GivenTime, IdParams, Instant, Nullable, ofQuestion } from './shapes.ts'

const RoleWord = Type.Enum(['ingest', 'device', 'viewer', 'operator', 'admin'])
const Grants = Type.Array(Type.Enum(['pii', 'fraud']), {
  maxItems: 2,
  description:
    'What the key may beyond its role. pii: be shown contact fields one at a time, each told to the audit log.',
})
const KeyName = Type.String({ minLength: 1, maxLength: 120 })
const PerMinute = Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 }))
const KeyLimits = Type.Object(
  { leads: PerMinute, reads: PerMinute, v1: PerMinute, ops: PerMinute, events: PerMinute },
  { additionalProperties: false, description: 'requests per minute' },
)
const SystemOfRecord = Type.Boolean({
  description:
    "What it reports is what people found, as in a CRM that posts cases and outcomes alike: its outcomes count as a person's, however many come and whoever opened the case.",
})
const DailyQuota = Type.Integer({
  minimum: 1,
  maximum: 1_000_000_000,
  description:
    'Requests a day of UTC, over all routes and processes, beside the limits of each minute; beyond it the answer is 429 quota_exceeded.',
})
const Expiry = GivenTime('When the key ends:')

const keyFields = {
  id: Type.String(),
  tenant: Type.String(),
  role: RoleWord,
  name: Type.String(),
  limits: Type.Record(Type.String(), Type.Number()),
  daily_quota: Nullable(DailyQuota),
  used_today: Nullable(
    Type.Integer({
      description:
        'Of the daily quota, with what other processes have in hand of it (a hundredth each at most); null without a quota.',
    }),
  ),
  grants: Grants,
  system_of_record: SystemOfRecord,
  enabled: Type.Boolean(),
  created_at: Instant,
  expires_at: Nullable(Instant),
  rotated_at: Nullable(Instant),
  old_secrets: Type.Array(Type.Object({ good_until: Instant }), {
    description: 'Secrets that a rotation replaced and that are still good, the newest first.',
  }),
}
const KeyShape = Type.Object(keyFields)

/** A new API key. */
export const NewKeyBody = Type.Object(
  {
    role: RoleWord,
    name: KeyName,
    tenant: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Another tenant than your own needs a platform key.' }),
    ),
    limits: Type.Optional(KeyLimits),
    daily_quota: Type.Optional(DailyQuota),
    grants: Type.Optional(Grants),
    system_of_record: Type.Optional(SystemOfRecord),
    expires_at: Type.Optional(Expiry),
  },
  { additionalProperties: false },
)

/** What may be changed about a key. */
export const KeyChangeBody = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    name: Type.Optional(KeyName),
    limits: Type.Optional(KeyLimits),
    daily_quota: Type.Optional(Nullable(DailyQuota)),
    grants: Type.Optional(Grants),
    system_of_record: Type.Optional(SystemOfRecord),
    expires_at: Type.Optional(Nullable(Expiry)),
  },
  { additionalProperties: false, minProperties: 1 },
)

/** How a key gets a new secret. */
export const RotationBody = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_592_000,
        default: 86_400,
        description:
          'So long the secret of before stays good, 30 days at most. 0: it and all older ones end at once, as after a leak.',
      }),
    ),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  },
  { additionalProperties: false },
)

const SettingParams = Type.Object({ name: Type.String() })
const settingQuery = {
  ...ofQuestion,
  apply: Type.Optional(Type.Boolean({ default: false })),
  version: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'The version you read: another one by now is refused. Default: not asked.',
    }),
  ),
}
const Versioned = { version: Type.Integer(), value: AnyObject }
const SettingAnswer = Type.Object({
  pod: Type.String(),
  question: Type.String(),
  name: Type.String(),
  applied: Type.Boolean(),
  ...Versioned,
  changes: Type.Array(Type.Object({ path: Type.String(), before: Type.Unknown(), after: Type.Unknown() })),
  reset: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Of the changes, those not named: what was set goes back to its default.',
    }),
  ),
  previous: Type.Object(Versioned, { description: 'What it was until then.' }),
  effect: Type.Optional(
    Type.Object(
      { cases: Type.Integer(), above_before: Type.Integer(), above_after: Type.Integer(), as_of: Instant },
      { description: 'Of a new threshold: what it would have meant for the newest 1,000 decisions.' },
    ),
  ),
})

/** Keys and versioned settings. */
export const adminRoutes = {
  getSettings: {
    method: 'GET',
    path: '/ops/settings/{name}',
    area: 'Administration',
    summary: 'Settings of the tenant for a pod (attributes), a question (policy, autonomy) or as a whole (tenant)',
    description:
      'tenant holds the country, an ISO 3166 code of two letters: phone numbers without a country code are read as its; and outcomes_per_request and outcomes_per_minute, beyond which the outcomes of a key count as given in bulk.',
    roles: readers,
    params: SettingParams,
    query: Type.Object({ ...ofQuestion }),
    answers: [enveloped(Type.Object({ version: Type.Integer(), value: AnyObject }), 'The settings with their version')],
    problems: ['not_found', 'validation_failed'],
    group: 'ops',
    idempotent: false,
  },
  putSettings: {
    method: 'PUT',
    path: '/ops/settings/{name}',
    area: 'Administration',
    summary: 'Replace settings; without apply=true only show what would change',
    description:
      'What is left out goes back to its default (reset in the answer lists it); where somebody had set it, that is refused unless reset=true. To undo a change, put the value of previous.',
    roles: admins,
    params: SettingParams,
    query: Type.Object({
      ...settingQuery,
      reset: Type.Optional(
        Type.Boolean({ default: false, description: 'What was set and is left out may go back to its default.' }),
      ),
    }),
    body: { schema: AnyObject, required: true, checked: 'door', plain: 'all', example: { threshold: 0.7 } },
    answers: [enveloped(SettingAnswer, 'What changes, or what changed')],
    problems: ['not_found', 'setting_changed', 'setting_would_be_lost', 'validation_failed'],
    group: 'ops',
    idempotent: true,
  },
  changeSettings: {
    method: 'PATCH',
    path: '/ops/settings/{name}',
    area: 'Administration',
    summary: 'Change parts of settings; without apply=true only show what would change',
    description:
      'What is left out stays as it is. Objects are merged part by part (actions.NAME.alpha alone, say); a list or a number takes the place of what was there.',
    roles: admins,
    params: SettingParams,
    query: Type.Object(settingQuery),
    body: { schema: AnyObject, required: true, checked: 'door', plain: 'all', example: { threshold: 0.7 } },
    answers: [enveloped(SettingAnswer, 'What changes, or what changed')],
    problems: ['not_found', 'setting_changed', 'validation_failed'],
    group: 'ops',
    idempotent: true,
  },
  listKeys: {
    method: 'GET',
    path: '/ops/keys',
    area: 'Administration',
    summary: 'API keys of the tenant, never their secrets',
    roles: admins,
    platform: true,
    answers: [enveloped(Type.Object({ items: Type.Array(KeyShape), next: Type.Null() }), 'The keys')],
    problems: [],
    group: 'ops',
    idempotent: false,
  },
  createKey: {
    method: 'POST',
    path: '/ops/keys',
    area: 'Administration',
    summary: 'Make an API key; the answer is the only place where it is shown',
    description: 'Takes no Idempotency-Key: keeping the answer would keep the secret.',
    roles: admins,
    platform: true,
    body: {
      schema: NewKeyBody,
      required: true,
      checked: 'door',
      plain: ['name', 'tenant'],
      example: { role: 'ingest', name: 'web form' },
    },
    answers: [enveloped(Type.Object({ key: Type.String(), ...keyFields }), 'The key, once')],
    problems: ['validation_failed'],
    group: 'ops',
    idempotent: false,
  },
  changeKey: {
    method: 'PATCH',
    path: '/ops/keys/{id}',
    area: 'Administration',
    summary: 'Rename, limit, disable or let a key expire; give it a daily quota or mark it as a system of record',
    roles: admins,
    platform: true,
    params: IdParams,
    body: { schema: KeyChangeBody, required: true, checked: 'door', plain: ['name'], example: { enabled: false } },
    answers: [enveloped(KeyShape, 'The key as it is now')],
    problems: ['key_not_found', 'validation_failed'],
    group: 'ops',
    idempotent: true,
  },
  rotateKey: {
    method: 'POST',
    path: '/ops/keys/{id}/rotate',
    area: 'Administration',
    summary: 'Give a key a new secret; the answer is the only place where it is shown',
    description:
      'The key stays what it is: id, name, role, limits, quota and what was counted of it. The old secret stays good for the overlap, and is refused afterwards with the moment when it ended. Takes no Idempotency-Key: keeping the answer would keep the secret.',
    roles: admins,
    platform: true,
    params: IdParams,
    body: { schema: RotationBody, required: false, checked: 'door', example: { overlap_seconds: 86_400 } },
    answers: [enveloped(Type.Object({ key: Type.String(), ...keyFields }), 'The key with its new secret, once')],
    problems: ['key_not_found', 'validation_failed'],
    group: 'ops',
    idempotent: false,
  },
  deleteKey: {
    method: 'DELETE',
    path: '/ops/keys/{id}',
    area: 'Administration',
    summary: 'Delete a key; it stops working at once',
    roles: admins,
    platform: true,
    params: IdParams,
    answers: [enveloped(Type.Object({ id: Type.String(), deleted: Type.Literal(true) }), 'Deleted')],
    problems: ['key_not_found'],
    group: 'ops',
    idempotent: true,
  },
} as const satisfies { readonly [name: string]: Route }
