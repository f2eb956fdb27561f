import Type from 'typebox'
import { severities } from '../evaluation.ts'
import { reasons } from '../reasons.ts'
import { FindingShape } from './finding-routes.ts'
import { enveloped, operators, type Route, readers } from './route.ts'
import { AnyObject, GivenTime, Instant, IntervalShape, Limit, Nullable, Probability } from './shapes.ts'

/** A database has no text with a NUL in it. */
const withoutNul = { pattern: '^[^\\u0000]*$' }
const Reason = Type.String({ maxLength: 500, ...withoutNul, description: 'Why, for the audit log.' })

const PodName = Type.String({ minLength: 1, maxLength: 64, description: 'One pod; absent: all of them.' })
const Order = Type.Enum(['urgency', 'unlock'], {
  default: 'urgency',
  description:
    'urgency: the most pressing first. unlock: a uniform draw of what counts towards the next certificate, one place in five apart, which goes to any other case; then the rest by urgency.',
})
const LeaseToken = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })
const AnswerWord = Type.Enum(['approve', 'decline'])
const Outcome = Type.String({
  minLength: 1,
  maxLength: 60,
  description: 'What really became of it, in a word of the pod. Without one an answer is an act and no label.',
})
const CaseParams = Type.Object({ case: Type.String({ minLength: 1, maxLength: 512 }) })

const Counts = Type.Object({
  open: Type.Integer({ description: 'Equals the number of items in the whole list, up to 10,000 of each pod.' }),
  leased: Type.Integer(),
  overdue: Type.Integer(),
  expiring_today: Type.Integer({ description: 'Expire within 24 hours.' }),
  oldest: Nullable(Instant),
  lower_bounds: Type.Optional(
    Type.Array(Type.Enum(['open', 'overdue', 'expiring_today', 'oldest']), {
      description:
        'Present where more wait than are counted: there are at least so many, and the oldest is at least that old.',
    }),
  ),
})

const Opinion = Type.Object({ action: Type.String(), probability: Nullable(Probability), interval: IntervalShape })

const OnAlert = Type.Object({
  type: Type.String(),
  subject: Nullable(Type.String({ description: 'null: what its group says.' })),
  group: Type.String({ description: 'What holds it, such as site:S1.' }),
  severity: Nullable(
    Type.Enum([...severities], { description: 'null: withheld, as it may follow from what the machine thinks.' }),
  ),
  first_seen: Instant,
  last_seen: Nullable(
    Type.String({ format: 'date-time', description: 'null: withheld, as nothing joins a blind audit.' }),
  ),
  occurrences: Nullable(Type.Integer({ minimum: 1, description: 'Events, each counted once; null: withheld.' })),
  findings: Type.Array(Type.Object({ event_id: Type.String(), ...FindingShape.properties }), {
    maxItems: 3,
    description:
      'The newest that hang on it, the newest first; while it is to be judged unseen those of the event that opened it.',
  }),
  findings_count: Nullable(
    Type.Integer({
      minimum: 0,
      maximum: 100,
      description: 'How many hang on it: 100 says as many or more. null: withheld.',
    }),
  ),
})

const Item = Type.Object({
  case_id: Type.String(),
  pod: Type.String(),
  queued_at: Instant,
  due_at: Instant,
  expires_at: Instant,
  overdue: Type.Boolean(),
  urgency: Type.Enum(['high', 'medium', 'low']),
  question: Type.String({ description: 'The action that approve says yes to.' }),
  reason: Type.String({ description: 'Why it waits, or withheld.' }),
  reason_text: Type.String(),
  unlocks: Nullable(Type.Boolean({ description: 'An outcome of it counts towards the next certificate.' })),
  opinion: Type.Union([Type.Literal('withheld'), Opinion]),
  decisions: Type.Array(
    Type.Object({
      id: Type.String(),
      question: Type.String(),
      asks: Type.String({ description: 'The question as a sentence.' }),
      action: Type.String({ description: 'What approve says yes to.' }),
      reason: Type.String(),
      reason_text: Type.String(),
      opinion: Type.Union([Type.Literal('withheld'), Opinion]),
    }),
    { description: 'All that waits about the case; the fields beside it speak of the first.' },
  ),
  lease: Nullable(Type.Object({ until: Instant, mine: Type.Boolean(), holder: Nullable(Type.String()) })),
  subject: Type.String(),
  summary: Type.String(),
  alert: Nullable(OnAlert),
  data: AnyObject,
})

const AnswerBody = Type.Object(
  {
    answer: AnswerWord,
    answers: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), AnswerWord, {
        description: 'By the name of a question, where its answer is another one than answer.',
      }),
    ),
    lease_token: LeaseToken,
    outcome: Type.Optional(Outcome),
    outcomes: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Outcome, {
        description:
          'By the name of a question that waits, where its word is another one than outcome, or the only one.',
      }),
    ),
    notes: Type.Optional(Type.String({ maxLength: 500, ...withoutNul })),
  },
  { additionalProperties: false },
)

const BulkBody = Type.Object(
  {
    pod: Type.String({ minLength: 1, maxLength: 64 }),
    query: Type.Object(
      {
        urgency: Type.Optional(Type.Enum(['high', 'medium', 'low'])),
        older_than: Type.Optional(GivenTime('Queued before this moment.')),
        probability_from: Type.Optional(Probability),
        probability_to: Type.Optional(Probability),
        reason: Type.Optional(Type.Enum(reasons, { description: 'Why it waits.' })),
      },
      { additionalProperties: false },
    ),
    answer: AnswerWord,
    outcome: Type.Optional(Outcome),
    reason: Reason,
    preview_token: Type.Optional(Type.String({ minLength: 1, maxLength: 40_000 })),
  },
  { additionalProperties: false },
)

const NextShape = Type.Object({
  case: Nullable(Item),
  lease_token: Nullable(Type.String()),
  leased_until: Nullable(Instant),
  counts: Counts,
  as_of: Instant,
})

const LeaseBody = Type.Object({ lease_token: LeaseToken }, { additionalProperties: false })

/** The inbox of all pods: what waits for a person. */
export const inboxRoutes = {
  listInbox: {
    method: 'GET',
    path: '/v1/inbox',
    area: 'Inbox',
    summary: 'What waits for a person, with counts',
    description:
      'Viewers see the counts alone. A page may be shorter than its limit and still have a next one, where cases stand that are over and not closed yet.',
    roles: readers,
    query: Type.Object({
      pod: Type.Optional(PodName),
      order: Type.Optional(Order),
      state: Type.Optional(Type.Enum(['open'], { default: 'open' })),
      limit: Limit(1, 200, 50),
      cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    }),
    answers: [
      enveloped(
        Type.Object({ items: Type.Array(Item), next: Nullable(Type.String()), counts: Counts, as_of: Instant }),
        'One page of the inbox',
      ),
    ],
    problems: ['validation_failed'],
    group: 'v1',
    idempotent: false,
  },
  nextInInbox: {
    method: 'POST',
    path: '/v1/inbox/next',
    area: 'Inbox',
    summary: 'Lease the next case: nobody else is given it for ten minutes',
    description: 'A lease of yours that still runs is given again. case is null when nothing waits.',
    roles: operators,
    body: {
      schema: Type.Object(
        {
          pod: Type.Optional(PodName),
          order: Type.Optional(Order),
          except: Type.Optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 200, ...withoutNul }), {
              maxItems: 50,
              description: 'Cases that you gave back and do not want again just now.',
            }),
          ),
        },
        { additionalProperties: false },
      ),
      required: false,
      checked: 'door',
      example: { order: 'unlock' },
    },
    answers: [enveloped(NextShape, 'The case, or null')],
    problems: ['validation_failed'],
    group: 'v1',
    idempotent: true,
  },
  releaseCase: {
    method: 'POST',
    path: '/v1/inbox/{case}/release',
    area: 'Inbox',
    summary: 'Give a leased case back',
    roles: operators,
    params: CaseParams,
    body: { schema: LeaseBody, required: true, checked: 'door' },
    answers: [enveloped(Type.Object({ case_id: Type.String(), released: Type.Literal(true) }), 'Given back')],
    problems: ['case_not_found', 'lease_lost', 'case_closed', 'validation_failed'],
    group: 'v1',
    idempotent: true,
  },
  extendLease: {
    method: 'POST',
    path: '/v1/inbox/{case}/extend',
    area: 'Inbox',
    summary: 'Keep a leased case for another ten minutes',
    roles: operators,
    params: CaseParams,
    body: { schema: LeaseBody, required: true, checked: 'door' },
    answers: [enveloped(Type.Object({ case_id: Type.String(), leased_until: Instant }), 'Until when')],
    problems: ['case_not_found', 'lease_lost', 'case_closed', 'validation_failed'],
    group: 'v1',
    idempotent: true,
  },
  answerCase: {
    method: 'POST',
    path: '/v1/inbox/{case}/answer',
    area: 'Inbox',
    summary: 'Answer a leased case',
    description:
      'approve says yes to the question of the case, decline says no. What is to be done begins after 30 seconds, so that it can be undone. The answer shows what was withheld.',
    roles: operators,
    params: CaseParams,
    body: {
      schema: AnswerBody,
      required: true,
      checked: 'door',
      example: { answer: 'approve', lease_token: '0b8a5f0e-0c3c-4f0e-9a57-3c7b3c1f2d10' },
    },
    answers: [
      enveloped(
        Type.Object({
          case_id: Type.String(),
          answer: AnswerWord,
          quality: Type.Enum(['human', 'audit']),
          state: Type.String(),
          reason: Type.String(),
          reason_text: Type.String(),
          act: Nullable(Type.Object({ action: Type.String(), not_before: Instant })),
          outcome: Nullable(Type.String()),
          revealed: Type.Object({
            action: Type.String(),
            probability: Nullable(Probability),
            interval: IntervalShape,
            reason: Type.String(),
            reason_text: Type.String(),
            blind_audit: Type.Boolean(),
            done_before: Type.Boolean({ description: 'The machine had done it already.' }),
          }),
          seconds: Type.Number(),
          decisions: Type.Array(
            Type.Object({
              id: Type.String(),
              question: Type.String(),
              answer: AnswerWord,
              state: Type.String(),
              reason: Type.String(),
              reason_text: Type.String(),
              act: Nullable(Type.String({ description: 'What is done because of it.' })),
              outcome: Nullable(Type.String({ description: 'The word that was given for its question.' })),
            }),
            { description: 'What the answer did about each decision; the fields beside it speak of the first.' },
          ),
          undo_until: Instant,
          hurried: Type.Optional(Type.Literal(true)),
        }),
        'What follows from it',
      ),
    ],
    problems: ['case_not_found', 'lease_lost', 'case_closed', 'invalid_outcome', 'validation_failed', 'overloaded'],
    group: 'v1',
    idempotent: true,
  },
  undoAnswer: {
    method: 'POST',
    path: '/v1/inbox/{case}/undo',
    area: 'Inbox',
    summary: 'Take an answer back: within ten minutes, while nothing has been done',
    description:
      "Your own answer, or as an admin anybody's. The case is open again and leased to you, with nothing withheld. An outcome that was reported stands.",
    roles: operators,
    params: CaseParams,
    body: {
      schema: Type.Object({ reason: Type.Optional(Reason) }, { additionalProperties: false }),
      required: false,
      checked: 'door',
    },
    answers: [
      enveloped(
        Type.Object({
          case: Item,
          lease_token: Type.String(),
          leased_until: Instant,
          state: Type.String(),
          outcome_stands: Type.Boolean(),
        }),
        'The case as it is again',
      ),
    ],
    problems: ['case_not_found', 'not_answered', 'too_late', 'validation_failed'],
    group: 'v1',
    idempotent: true,
  },
  bulkAnswer: {
    method: 'POST',
    path: '/v1/inbox/bulk',
    area: 'Inbox',
    summary: 'Answer up to 1,000 cases at once, after a preview',
    description:
      'Without preview_token it answers what would happen and a token; with it exactly those cases are answered, but for what changed meanwhile. Leased cases and cases with a withheld opinion are left out. Such answers never feed certificates.',
    roles: operators,
    body: {
      schema: BulkBody,
      required: true,
      checked: 'door',
    },
    answers: [
      enveloped(
        Type.Object({
          applied: Type.Boolean(),
          count: Type.Integer(),
          sample: Type.Array(Type.String(), { maxItems: 20 }),
          more: Type.Boolean(),
          left_out: Type.Integer(),
          changed: Type.Integer(),
          preview_token: Nullable(Type.String()),
          expires_at: Nullable(Instant),
          as_of: Instant,
        }),
        'What would happen, or what did',
      ),
    ],
    problems: [
      'validation_failed',
      'invalid_outcome',
      'reason_required',
      'preview_invalid',
      'preview_expired',
      'overloaded',
    ],
    group: 'v1',
    idempotent: true,
  },
} as const satisfies { readonly [name: string]: Route }
