import { entity, pod } from '@surety/contract'
import { table } from '@surety/pod-table'
import Type from 'typebox'

const Time = Type.String({ format: 'date-time' })

/** What a heating engineer maintains: one cell of every form. */
export const thermostats = entity('thermostat', {
  schema: Type.Object({
    code: Type.String({ maxLength: 40 }),
    room: Type.String(),
    target: Type.Number({ minimum: 5, maximum: 30 }),
    active: Type.Optional(Type.Boolean()),
    floor: Type.Optional(Type.Integer()),
    kind: Type.Optional(Type.Enum(['radiator', 'floor'])),
    tags: Type.Array(Type.String()),
    fitted: Type.Union([Time, Type.Null()]),
    plan: Type.Optional(Type.Array(Type.Object({ hour: Type.Integer(), target: Type.Number() }))),
  }),
  held: 'snapshot',
  id: ['code'],
  keys: [{ group: 'room', of: row => row.room }],
})

/** When an engineer comes: found by thermostat and time. */
export const visits = entity('visit', {
  schema: Type.Object({ thermostat: Type.String(), engineer: Type.String(), start: Time, end: Time }),
  held: 'key',
  id: ['thermostat', 'start'],
  keys: [
    { group: 'thermostat', of: row => row.thermostat },
    { group: 'engineer', of: row => row.engineer },
  ],
  span: { of: row => [row.start, row.end], longestMs: 8 * 3_600_000 },
})

/** Of a pod that is not installed: what it asks is any table's, what it maintains is its own. */
export const heating = pod({
  ...table,
  name: 'heating',
  kinds: { 'thermostat.reading': table.kinds['row.recorded']! },
  questions: [{ ...table.questions[0], on: ['thermostat.reading'] }],
  entities: [thermostats, visits],
})
