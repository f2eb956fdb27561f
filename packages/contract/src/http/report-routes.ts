import Type from 'typebox'
import { enveloped, operators, type Route, readers } from './route.ts'
import { AnyObject, GivenTime, Instant, IntervalShape, Limit, Nullable, Probability } from './shapes.ts'

/** A lead that is only looked at, never stored. */
export const PreviewBody = Type.Object({
  details: Type.String({ maxLength: 2000 }),
  attributes: Type.Optional(AnyObject),
})

/** What a lead with this text would get, beside the words of the enrichment. */
export const PreviewAnswer = Type.Object({
  intent: Type.String(),
  sentiment: Type.Optional(Type.String()),
  urgency: Type.Optional(Type.String()),
  score: Type.Optional(Type.Number()),
  evidence: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'By field: cue where a word of the text decided.' }),
  ),
  matched: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.String()), { description: 'By field: the words that counted.' }),
  ),
  pred_prob: Nullable(Probability),
  details: Type.Optional(Type.String({ description: 'As it would be stored: redacted.' })),
  pii: Type.Optional(Type.Record(Type.String(), Type.String())),
  model_version: Type.Optional(Nullable(Type.Number())),
  interval: Type.Optional(Nullable(IntervalShape)),
  reason: Type.Optional(
    Type.String({
      description:
        'withheld: a lead with nearly this text waits to be judged unseen, and what is null would tell of it.',
    }),
  ),
  ignored_fields: Type.Optional(Type.Array(Type.String())),
})

/** Reading across leads: search, counts, preview and the export for training. */
export const reportRoutes = {
  search: {
    method: 'GET',
    path: '/v1/search',
    area: 'Reports',
    summary: 'Find leads by words, name, e-mail or phone',
    description: 'Quotes, %, _ and * are plain characters. At most the newest 1,000 matches are ranked.',
    roles: readers,
    query: Type.Object({ q: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }), limit: Limit(1, 50, 20) }),
    answers: [
      enveloped(
        Type.Object({
          query: Type.String(),
          count: Type.Integer(),
          results: Type.Array(
            Type.Object({
              lead_id: Type.String(),
              name: Nullable(Type.String()),
              phone: Nullable(Type.String()),
              score: Type.Number({ exclusiveMinimum: 0 }),
              preview: Type.String({ maxLength: 240 }),
            }),
          ),
          only_newest: Nullable(
            Type.Integer({
              description:
                'null: everything was searched. A number: only the newest so many leads, and as many messages, because they hold enough matches, or because this database login may not use the search index (`surety doctor` says what to do).',
            }),
          ),
        }),
        'The best matches first',
      ),
    ],
    problems: ['validation_failed'],
    group: 'v1',
    idempotent: false,
  },
  outcomeAnalytics: {
    method: 'GET',
    path: '/v1/analytics/outcomes',
    area: 'Reports',
    summary: 'Outcomes and conversion rate of the newest leads',
    roles: readers,
    query: Type.Object({ limit: Limit(1, 10_000, 500) }),
    answers: [
      enveloped(
        Type.Object({
          total_leads: Type.Integer(),
          total_outcomes: Type.Integer(),
          pending: Type.Integer(),
          conversion_rate: Nullable(Type.Number()),
          conversion_n: Type.Integer({ description: 'Leads with a final label: the base of the rate.' }),
          outcome_breakdown: Type.Record(Type.String(), Type.Integer()),
          avg_time_to_conversion: Nullable(Type.Number({ description: 'seconds' })),
          as_of: Instant,
        }),
        'The counts',
      ),
    ],
    problems: ['validation_failed'],
    group: 'v1',
    idempotent: false,
  },
  preview: {
    method: 'POST',
    path: '/v1/preview',
    area: 'Reports',
    summary: 'Enrichment, redacted text and probability of a text; stores nothing',
    roles: readers,
    body: {
      schema: PreviewBody,
      required: true,
      checked: 'door',
      example: { details: 'URGENT: need an estimate for metal roof today' },
    },
    answers: [enveloped(PreviewAnswer, 'What a lead with this text would get')],
    problems: ['validation_failed'],
    group: 'v1',
    idempotent: false,
  },
  exportOutcomes: {
    method: 'GET',
    path: '/ops/export/outcomes.csv',
    area: 'Reports',
    summary: 'One row per lead with a final label, for training',
    description: 'RFC 4180 with CRLF, streamed, no personal data. Without limit every row is sent.',
    roles: operators,
    query: Type.Object({
      since: Type.Optional(GivenTime('Told since then.')),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000 })),
    }),
    answers: [
      {
        status: 200,
        type: 'text/csv',
        envelope: false,
        schema: Type.String(),
        description: 'The file',
        headers: {
          'x-total-rows': 'Number of rows in the file, the header line not counted.',
          'content-disposition': 'attachment; filename="outcomes.csv"',
        },
      },
    ],
    problems: ['validation_failed'],
    group: 'exports',
    idempotent: false,
  },
} as const satisfies { readonly [name: string]: Route }
