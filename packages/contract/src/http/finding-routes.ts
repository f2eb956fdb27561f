import Type from 'typebox'
import { severities } from '../evaluation.ts'
import { enveloped, type Route, readers } from './route.ts'
import { AnyObject, Instant, Limit, Nullable, Sought, SoughtGroup } from './shapes.ts'

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
  alert_id: Nullable(Type.String({ description: 'The alert that it hangs on; null: none.' })),
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
      'One for each thing that a rule measured beyond its limit. Limits are settings of the pod (policy), under the names that its documents give. Where several things are asked for, a page may be shorter than its limit and still have a next one.',
    roles: readers,
    query: Type.Object({
      pod: Type.Optional(Type.String({ maxLength: 64, description: 'Left out: the one pod that has rules.' })),
      code: Type.Optional(Type.String({ maxLength: 64, description: 'Of one rule only.' })),
      group: SoughtGroup('Of events that held this group, such as site:S1.'),
      about: Sought(128, 'About whom; what the event itself is about has no name here.'),
      severity: Type.Optional(Type.Enum([...severities])),
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
