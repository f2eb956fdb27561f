import Type from 'typebox'
import { enveloped, operators, type Route, writers } from './route.ts'
import { IdParams, Instant, Limit, Nullable, ReasonText } from './shapes.ts'

const OutboxShape = Type.Object({
  lead_id: Type.String(),
  pod: Type.String(),
  step: Type.String(),
  channel: Type.String(),
  text: Type.String({ description: 'redacted' }),
  decision_id: Type.String(),
  recorded_at: Instant,
})

/** Why a person takes a case out of the machine's hands. */
export const TakeOverBody = Type.Object({ reason: ReasonText }, { additionalProperties: false })

/** What the machine did, and how a person stops it for one lead. */
export const actRoutes = {
  listOutbox: {
    method: 'GET',
    path: '/ops/outbox',
    area: 'Acts',
    summary: 'Messages sent or stored, redacted, newest first',
    description:
      'What was sent about a case whose opinion is withheld from its reviewer appears once the case has been answered.',
    roles: operators,
    query: Type.Object({
      limit: Limit(1, 200, 50),
      cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    }),
    answers: [
      enveloped(Type.Object({ items: Type.Array(OutboxShape), next: Nullable(Type.String()) }), 'One page of messages'),
    ],
    problems: ['validation_failed'],
    group: 'ops',
    idempotent: false,
  },
  cancelFollowups: {
    method: 'POST',
    path: '/v1/lead/{id}/followups/cancel',
    area: 'Acts',
    summary: 'Cancel what the machine has not done yet about a lead',
    roles: operators,
    params: IdParams,
    body: { schema: TakeOverBody, required: true, checked: 'door', example: { reason: 'I call them myself' } },
    answers: [
      enveloped(
        Type.Object({ lead_id: Type.String(), cancelled: Type.Integer({ minimum: 0 }) }),
        'How many acts were cancelled',
      ),
    ],
    problems: ['lead_not_found', 'validation_failed', 'reason_required'],
    group: 'v1',
    idempotent: true,
  },
  requestReview: {
    method: 'POST',
    path: '/v1/lead/{id}/review-request',
    area: 'Acts',
    summary: 'Hand a lead to a person and cancel automation (right to human review)',
    roles: writers,
    params: IdParams,
    body: { schema: TakeOverBody, required: true, checked: 'door', example: { reason: 'the customer asked for it' } },
    answers: [
      enveloped(
        Type.Object({
          lead_id: Type.String(),
          state: Type.Literal('queued'),
          reason: Type.Literal('review_requested'),
          cancelled: Type.Integer({ minimum: 0 }),
        }),
        'Where the lead is now, and how many acts were cancelled',
      ),
    ],
    problems: ['lead_not_found', 'validation_failed', 'reason_required'],
    group: 'v1',
    idempotent: true,
  },
} as const satisfies { readonly [name: string]: Route }
