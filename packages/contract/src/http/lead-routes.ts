import Type from 'typebox'
import { enveloped, operators, type Route, readers, writers } from './route.ts'
import {
  AnyObject,
  DecisionShape,
  GivenTime,
  IdParams,
  Instant,
  LeadDecisionShape,
  LeadShape,
  Limit,
  MessageShape,
  Nullable,
  OutcomeShape,
  Probability,
} from './shapes.ts'

/** A new lead, as it is sent. Unknown fields are accepted and named in `ignored_fields`. */
export const LeadBody = Type.Object({
  name: Type.String({ minLength: 2, maxLength: 120 }),
  phone: Type.Optional(Type.String({ minLength: 7, description: 'Optional when email is given.' })),
  details: Type.Optional(Type.String({ maxLength: 2000, default: '' })),
  email: Type.Optional(Type.String({ format: 'email' })),
  company: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
  external_id: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'Your id: the same id again answers the first decision.',
    }),
  ),
  time_zone: Type.Optional(Type.String({ description: 'IANA name, such as America/Chicago.' })),
  preferred_channel: Type.Optional(Type.String()),
  consent: Type.Optional(
    Type.Object({
      email: Type.Optional(Type.Boolean()),
      sms: Type.Optional(Type.Boolean()),
      whatsapp: Type.Optional(Type.Boolean()),
    }),
  ),
  attributes: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  occurred_at: Type.Optional(GivenTime('At most 5 minutes ahead.')),
})

/** Answer of POST /v1/lead. */
export const LeadAnswer = Type.Object({
  lead_id: Type.String(),
  created_at: Instant,
  intent: Type.String(),
  sentiment: Type.String(),
  urgency: Type.String(),
  score: Type.Number(),
  pred_prob: Nullable(Probability),
  model_version: Nullable(Type.Number()),
  experiments: Type.Record(Type.String(), Type.String()),
  decision: DecisionShape,
  phone_valid: Type.Optional(Type.Boolean({ description: 'false: stored, never sent to.' })),
  ignored_fields: Type.Array(Type.String()),
  duplicate: Type.Optional(Type.Boolean({ description: 'Present and true when this id was recorded before.' })),
})

const leadExample = {
  lead_id: 'L1730483820123-a1b2c3',
  created_at: '2024-11-01T17:57:00.123Z',
  intent: 'quote',
  sentiment: 'neutral',
  urgency: 'high',
  score: 0.8,
  pred_prob: 0.731,
  model_version: 1730483820,
  experiments: {},
  decision: {
    id: 'D1730483820123-a1b2c3',
    state: 'queued',
    reason: 'not_certified',
    reason_text: 'The action holds no certificate yet, so a person decides.',
    threshold: 0.7,
    interval: {
      prediction_lower_bound: 0.692,
      prediction_upper_bound: 0.741,
      confidence_interval_width: 0.049,
      is_narrow_interval: true,
      calibrated_probability: 0.706,
      calibration_score: 0.968,
      method: 'venn_abers',
      calibration_size: 412,
      level: null,
      label_set: ['yes'],
      absolute_residual: [
        { level: 0.9, lower: 0.12, upper: 1 },
        { level: 0.95, lower: 0, upper: 1 },
        { level: 0.99, lower: 0, upper: 1 },
      ],
      reason: null,
    },
    mode: 'certified',
    certified: false,
    followups: [],
  },
  ignored_fields: [],
}

/** A message of the conversation about a lead. */
export const MessageBody = Type.Object({
  role: Type.Enum(['user', 'assistant', 'system', 'agent']),
  text: Type.String({ minLength: 1, maxLength: 8000 }),
  channel: Type.Optional(
    Type.Enum(['web', 'email', 'sms', 'mms', 'whatsapp', 'chat', 'phone', 'social', 'letter', 'in_person', 'other'], {
      description: 'How it travelled.',
    }),
  ),
  ts: Type.Optional(GivenTime('When it was written, at most 5 minutes ahead; default now.')),
})

/** What became of a lead. The words are those of the pod. */
export const OutcomeBody = Type.Object({
  outcome: Type.String({ description: 'booked, ghosted, qualified, unqualified, nurture or spam' }),
  notes: Type.Optional(Type.String({ maxLength: 500 })),
  time_to_conversion: Type.Optional(Nullable(Type.Integer({ minimum: 0, description: 'seconds' }))),
  occurred_at: Type.Optional(GivenTime('At most 5 minutes ahead.')),
})

/** Which contact field of a lead is shown, and why. */
export const RevealBody = Type.Object(
  { field: Type.Enum(['name', 'phone', 'email']), reason: Type.String({ minLength: 1, maxLength: 500 }) },
  { additionalProperties: false },
)

/** Leads, their conversations and their outcomes. */
export const leadRoutes = {
  createLead: {
    method: 'POST',
    path: '/v1/lead',
    area: 'Leads',
    summary: 'Record a lead and decide about it',
    description:
      'Answered after the commit. The same external_id again answers the first decision with duplicate:true.',
    roles: writers,
    body: {
      schema: LeadBody,
      required: true,
      checked: 'inside',
      example: { name: 'Jane Doe', phone: '+1 612 555 1212', details: 'URGENT: need an estimate for metal roof today' },
    },
    answers: [enveloped(LeadAnswer, 'The decision', leadExample)],
    problems: ['validation_failed', 'event_id_conflict', 'record_expired', 'overloaded'],
    group: 'leads',
    idempotent: true,
  },
  listLeads: {
    method: 'GET',
    path: '/v1/lead',
    area: 'Leads',
    summary: 'Newest leads first',
    roles: readers,
    query: Type.Object({
      limit: Limit(1, 200, 50),
      cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    }),
    answers: [
      enveloped(Type.Object({ items: Type.Array(LeadShape), next: Nullable(Type.String()) }), 'One page of leads'),
    ],
    problems: ['validation_failed'],
    group: 'v1',
    idempotent: false,
  },
  getLead: {
    method: 'GET',
    path: '/v1/lead/{id}',
    area: 'Leads',
    summary: 'One lead with its decision record, outcomes and exposures',
    roles: readers,
    params: IdParams,
    answers: [
      enveloped(
        Type.Object({
          lead: LeadShape,
          decision: LeadDecisionShape,
          followups: Type.Array(AnyObject),
          outcomes: Type.Array(OutcomeShape),
          exposures: Type.Array(AnyObject),
        }),
        'The lead',
      ),
    ],
    problems: ['lead_not_found'],
    group: 'v1',
    idempotent: false,
  },
  revealContact: {
    method: 'POST',
    path: '/v1/lead/{id}/reveal',
    area: 'Leads',
    summary: 'Show one contact field of a lead in full',
    description:
      'Everywhere else contact fields are masked. Takes the grant pii; who saw which field of which lead, and why, goes into the audit log. Takes no Idempotency-Key: keeping the answer would keep the field.',
    roles: readers,
    grant: 'pii',
    params: IdParams,
    body: { schema: RevealBody, required: true, checked: 'door', example: { field: 'phone', reason: 'calling back' } },
    answers: [
      enveloped(
        Type.Object({
          lead_id: Type.String(),
          field: Type.String(),
          value: Nullable(Type.String({ description: 'null: the lead has none, or it is kept no longer.' })),
        }),
        'The field',
      ),
    ],
    problems: ['lead_not_found', 'validation_failed', 'reason_required', 'contact_unreadable'],
    group: 'v1',
    idempotent: false,
  },
  leadHistory: {
    method: 'GET',
    path: '/v1/lead/{id}/history',
    area: 'Leads',
    summary: 'Conversation of a lead, newest first, redacted',
    roles: readers,
    params: IdParams,
    query: Type.Object({ limit: Limit(1, 100, 20) }),
    answers: [
      enveloped(Type.Object({ lead_id: Type.String(), items: Type.Array(MessageShape) }), 'The newest messages'),
    ],
    problems: ['lead_not_found', 'validation_failed'],
    group: 'v1',
    idempotent: false,
  },
  addMessage: {
    method: 'POST',
    path: '/v1/lead/{id}/messages',
    area: 'Leads',
    summary: 'Store a message of the conversation',
    roles: writers,
    params: IdParams,
    body: {
      schema: MessageBody,
      required: true,
      checked: 'inside',
      example: { role: 'user', text: 'Can you come on Friday?', channel: 'sms' },
    },
    answers: [
      enveloped(
        Type.Object({
          lead_id: Type.String(),
          recorded_at: Instant,
          ts: Instant,
          role: Type.String(),
          text: Type.Optional(Type.String()),
          pii: Type.Optional(Type.Record(Type.String(), Type.String())),
          duplicate: Type.Optional(Type.Boolean()),
        }),
        'The stored message, redacted',
      ),
    ],
    problems: ['lead_not_found', 'validation_failed', 'overloaded'],
    group: 'leads',
    idempotent: true,
  },
  reportOutcome: {
    method: 'POST',
    path: '/v1/lead/{id}/outcome',
    area: 'Leads',
    summary: 'Say what became of a lead',
    description: 'The latest outcome wins; the history is kept.',
    roles: operators,
    params: IdParams,
    body: {
      schema: OutcomeBody,
      required: true,
      checked: 'inside',
      example: { outcome: 'booked', time_to_conversion: 3600 },
    },
    answers: [
      enveloped(
        Type.Object({
          lead_id: Type.String(),
          outcome: Nullable(Type.String({ description: 'null: recorded before, and kept no longer.' })),
          recorded_at: Instant,
          label: Nullable(Type.Integer({ minimum: 0, maximum: 1 })),
          duplicate: Type.Optional(Type.Boolean()),
        }),
        'The recorded outcome',
        { lead_id: 'L1730483820123-a1b2c3', outcome: 'booked', recorded_at: '2024-11-01T18:57:00.000Z', label: 1 },
      ),
    ],
    problems: ['lead_not_found', 'invalid_outcome', 'validation_failed', 'overloaded'],
    group: 'v1',
    idempotent: true,
  },
} as const satisfies { readonly [name: string]: Route }
