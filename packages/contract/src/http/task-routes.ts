import Type from 'typebox'
import { admins, enveloped, operators, type Route, readers } from './route.ts'
import { Instant, Nullable } from './shapes.ts'

const TaskParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) })

/** Five cron fields on the wall clock of a time zone; both left out: the usual times again. */
export const TaskScheduleBody = Type.Object(
  {
    cron: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Five cron fields.' })),
    time_zone: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'IANA name; default UTC.' })),
  },
  { additionalProperties: false },
)

const TaskShape = Type.Object({
  name: Type.String(),
  schedule: Nullable(Type.Object({ cron: Type.String(), time_zone: Type.String() })),
  usual_schedule: Nullable(Type.Object({ cron: Type.String(), time_zone: Type.String() })),
  paused: Type.Boolean(),
  running: Type.Boolean({ description: 'A process has it in hand now.' }),
  asked_at: Nullable(Instant),
  next_at: Nullable(Type.String({ format: 'date-time', description: 'null: only when it is asked for.' })),
  last_success_at: Nullable(Instant),
  attempts: Type.Integer({ minimum: 0, description: 'Runs since the last that ended well.' }),
  last_run: Nullable(
    Type.Object({
      state: Type.Enum(['running', 'ok', 'failed', 'stopped']),
      started_at: Nullable(Instant),
      ended_at: Nullable(Instant),
      duration_seconds: Nullable(Type.Number()),
      by: Type.String({ description: 'schedule, retry, cli, or the key that asked; person: a key of another tenant.' }),
      error_code: Nullable(Type.String()),
      tenants_failed: Type.Array(Type.String(), { description: 'Those that this key may know.' }),
      tenants_failed_count: Type.Integer({ minimum: 0 }),
    }),
  ),
})
const oneTask = (what: string) => enveloped(TaskShape, what)

const common = { area: 'Tasks', platform: true, params: TaskParams, group: 'v1' } as const
const change = { ...common, method: 'POST', roles: operators, idempotent: true } as const
const refusals = ['task_not_found', 'platform_key_required', 'validation_failed'] as const

/** What recurs. Tasks are of the whole installation: with more than one tenant only a platform key changes them. */
export const taskRoutes = {
  listTasks: {
    method: 'GET',
    path: '/v1/tasks',
    area: 'Tasks',
    summary: 'What recurs: when, whether it is paused, how the last run went',
    roles: readers,
    platform: true,
    answers: [enveloped(Type.Object({ items: Type.Array(TaskShape), as_of: Instant }), 'The tasks by name')],
    problems: [],
    group: 'v1',
    idempotent: false,
  },
  runTask: {
    ...change,
    path: '/v1/tasks/{name}/run',
    summary: 'Run a task now, also one that is paused; the answer does not wait for its end',
    answers: [oneTask('Asked for; the process that takes it begins within seconds')],
    problems: refusals,
  },
  pauseTask: {
    ...change,
    path: '/v1/tasks/{name}/pause',
    summary: 'Let a task run no more by itself; a run that is under way goes on',
    answers: [oneTask('Paused')],
    problems: refusals,
  },
  resumeTask: {
    ...change,
    path: '/v1/tasks/{name}/resume',
    summary: 'Let a task run by itself again, from its next time on: what was missed meanwhile is not made up',
    answers: [oneTask('As it is now')],
    problems: refusals,
  },
  scheduleTask: {
    ...common,
    method: 'PUT',
    path: '/v1/tasks/{name}/schedule',
    summary: 'Set when a task runs; an empty object brings back the usual times',
    roles: admins,
    body: {
      schema: TaskScheduleBody,
      required: true,
      checked: 'door',
      example: { cron: '30 2 * * *', time_zone: 'Europe/Berlin' },
    },
    answers: [oneTask('As it is now')],
    problems: refusals,
    idempotent: true,
  },
} as const satisfies { readonly [name: string]: Route }
