import Type from 'typebox'
import { hangings } from '../cases.ts'
import { severities } from '../evaluation.ts'
import { FindingShape } from './finding-routes.ts'
import { enveloped, type Route, readers } from './route.ts'
import { IdParams, Instant, Limit, Nullable, Sought, SoughtGroup } from './shapes.ts'

const AlertShape = Type.Object({
  id: Type.String(),
  pod: Type.String(),
  rule: Type.String(),
  type: Type.String(),
  subject: Nullable(Type.String({ description: 'null: what its group says.' })),
  group: Type.String({ description: 'What holds it, such as site:S1.' }),
  severity: Nullable(Type.Enum([...severities], { description: 'null: withheld, as the count and what tells of it.' })),
  opinion: Type.Enum(['shown', 'withheld']),
  state: Type.Enum(['open', 'closed']),
  first_seen: Instant,
  last_seen: Nullable(Type.String({ format: 'date-time' })),
  joins_until: Nullable(
    Type.String({ format: 'date-time', description: 'What happens later opens another; null: as long as it is open.' }),
  ),
  clock_from: Nullable(
    Type.String({ format: 'date-time', description: 'From when its time to answer runs: anew as it is raised.' }),
  ),
  occurrences: Nullable(Type.Integer({ minimum: 1, description: 'Events, each counted once.' })),
  opened_at: Instant,
  closed_at: Nullable(Type.String({ format: 'date-time' })),
})

/** One thing that happened to an alert. */
const Happened = Type.Object({
  at: Instant,
  what: Type.Enum([...hangings, 'moved', 'act', 'outcome']),
  event_id: Nullable(Type.String()),
  question: Nullable(Type.String()),
  about: Nullable(Type.String({ description: 'About whom it was asked, where that is not the alert itself.' })),
  state: Nullable(
    Type.String({ description: 'Where it stands after that; null: withheld, or it says nothing of it.' }),
  ),
  reason: Nullable(Type.String()),
  by: Nullable(Type.String()),
})

const longestTimeline = 200

/** Alerts: what several events hang on, while they are open. */
export const alertRoutes = {
  listAlerts: {
    method: 'GET',
    path: '/v1/alerts',
    area: 'Alerts',
    summary: 'Alerts, the last opened first',
    description: 'Where several things are asked for, a page may be shorter than its limit and still have a next one.',
    roles: readers,
    query: Type.Object({
      pod: Type.Optional(Type.String({ maxLength: 64, description: 'Left out: the one pod that has alerts.' })),
      state: Type.Optional(Type.Enum(['open', 'closed', 'all'], { description: 'Default open.' })),
      group: SoughtGroup('Held by this group, such as site:S1.'),
      subject: Sought(128, 'About whom; what its group says has no name here.'),
      severity: Type.Optional(Type.Enum([...severities], { description: 'Of those whose severity is not withheld.' })),
      limit: Limit(1, 200, 50),
      cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    }),
    answers: [
      enveloped(
        Type.Object({ items: Type.Array(AlertShape), next: Nullable(Type.String()), as_of: Instant }),
        'One page of alerts',
      ),
    ],
    problems: ['validation_failed'],
    group: 'v1',
    idempotent: false,
  },
  getAlert: {
    method: 'GET',
    path: '/v1/alerts/{id}',
    area: 'Alerts',
    summary: 'One alert, with what was found and what became of it',
    description: `The newest ${longestTimeline} steps of its timeline. While a person is to judge it unseen, what would tell what was decided is null.`,
    roles: readers,
    params: IdParams,
    answers: [
      enveloped(
        Type.Object({
          ...AlertShape.properties,
          findings: Type.Array(Type.Object({ event_id: Type.String(), ...FindingShape.properties }), {
            description: 'What rules found in the event that opened it and in the newest that reached it.',
          }),
          timeline: Type.Array(Happened, { description: 'The oldest first.' }),
          timeline_complete: Type.Boolean({ description: 'false: older steps are left out.' }),
          as_of: Instant,
        }),
        'The alert',
      ),
    ],
    problems: ['case_not_found'],
    group: 'v1',
    idempotent: false,
  },
} as const satisfies { readonly [name: string]: Route }
