import Type, { type Static } from 'typebox'
import { FindingShape } from './finding-routes.ts'
import { enveloped, largeBodyLimit, type Route, type Shown, writers } from './route.ts'
import { AnyObject, DecisionShape, GivenTime, Instant, Nullable, QuestionDecision } from './shapes.ts'

/** One event of any pod. */
export const EventBody = Type.Object({
  event_id: Type.String({ minLength: 1, maxLength: 128, description: 'Yours, unique per tenant for ever.' }),
  type: Type.String({ minLength: 1, maxLength: 128, description: 'Kind of event, such as lead.created.' }),
  occurred_at: GivenTime('When it happened, at most 5 minutes ahead.'),
  source: Type.Optional(
    Type.String({ maxLength: 128, description: 'Accepted; the key decides where events come from.' }),
  ),
  data: AnyObject,
})

export type SentEvent = Shown<Static<typeof EventBody>>

/** Most events in one request. */
export const largestBatch = 1000

/** What became of one event. */
export const EventResult = Type.Object({
  event_id: Nullable(Type.String()),
  status: Type.Enum(['recorded', 'duplicate', 'rejected']),
  duplicate: Type.Optional(Type.Boolean()),
  case_id: Type.Optional(Nullable(Type.String({ description: 'null: it belongs to no case.' }))),
  recorded_at: Type.Optional(Instant),
  decision: Type.Optional(Nullable(DecisionShape)),
  decisions: Type.Optional(
    Type.Array(QuestionDecision, {
      description: 'One for each question that the event asked; decision is that of main.',
    }),
  ),
  findings: Type.Optional(
    Type.Array(FindingShape, { description: 'What rules found in it; only of kinds on which rules stand.' }),
  ),
  outcome: Type.Optional(Nullable(AnyObject)),
  ignored_fields: Type.Optional(Type.Array(Type.String())),
  code: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), code: Type.String(), message: Type.String() }))),
})

const eventExample = {
  event_id: 'crm-8812',
  type: 'lead.created',
  occurred_at: '2026-03-10T12:00:00+01:00',
  data: { name: 'Jane Doe', phone: '+1 612 555 1212', details: 'need an estimate' },
}

/** The one door for events of every pod. */
export const eventRoutes = {
  recordEvents: {
    method: 'POST',
    path: '/v1/events',
    area: 'Events',
    summary: 'Record one event or up to 1,000, of any pod',
    description:
      'A single event answers 201, or 200 with duplicate:true for an id seen before. An array answers 200 with one result per item in order; a bad item never spoils its neighbours. One request counts once against the limit per minute, whatever it holds.',
    roles: [...writers, 'device'],
    body: {
      schema: Type.Union([EventBody, Type.Array(EventBody, { maxItems: largestBatch })]),
      required: true,
      checked: 'inside',
      limit: largeBodyLimit,
      example: eventExample,
    },
    answers: [
      { ...enveloped(EventResult, 'A single event was recorded'), status: 201, written: true },
      {
        ...enveloped(
          Type.Union([EventResult, Type.Object({ items: Type.Array(EventResult), next: Type.Null() })]),
          'A single event was known already, or the results of a batch',
        ),
        written: true,
      },
    ],
    problems: [
      'validation_failed',
      'unknown_kind',
      'event_id_conflict',
      'lead_not_found',
      'case_not_found',
      'case_exists',
      'overloaded',
    ],
    group: 'events',
    idempotent: true,
  },
} as const satisfies { readonly [name: string]: Route }
