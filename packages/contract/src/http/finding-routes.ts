import Type from 'typebox'
import { severities } from '../evaluation.ts'
import { enveloped, type Route, readers } from './route.ts'
import { AnyObject, Instant, Limit, Nullable } from './shapes.ts'

/** What a rule measured in an event beyond its limit. */
export const FindingShape = Type.Object({
  code: Type.String({ description: 'Which rule.' }),
  family: Type.String({ description: 'Findings of one event and family hang together.' }),
  about: Nullable(Type.String({ description: 'Whom it is about; null: whom the event is about.' })),
  severity: Type.Enum([...severities]),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  value: Type.Number({ description: 'What was measured.' }),
  limit: Nullable(Type.Number({ description: 'The limit in force; null: whatever is measured fires.' })),
  evidence: AnyObject,
})

const ListedFinding = Type.Object({
  pod: Type.String(),
  event_id: Type.String(),
  occurred_at: Instant,
  recorded_at: Instant,
  ...FindingShape.properties,
})

/** What rules found. */
export const findingRoutes = {
  listFindings: {
    method: 'GET',
    path: '/v1/findings',
    area: 'Findings',
    summary: 'What rules found, newest first',
    description:
      'One for each thing that a rule measured beyond its limit. Limits are settings of the pod (policy), under the names that its documents give.',
    roles: readers,
    query: Type.Object({
      pod: Type.Optional(Type.String({ maxLength: 64, description: 'Left out: the one pod that has rules.' })),
      code: Type.Optional(Type.String({ maxLength: 64, description: 'Of one rule only.' })),
      limit: Limit(1, 200, 50),
      cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    }),
    answers: [
      enveloped(
        Type.Object({ items: Type.Array(ListedFinding), next: Nullable(Type.String()), as_of: Instant }),
        'One page of findings',
      ),
    ],
    problems: ['validation_failed'],
    group: 'v1',
    idempotent: false,
  },
} as const satisfies { readonly [name: string]: Route }
