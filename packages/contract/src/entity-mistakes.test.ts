/** What an author of a pod gets wrong about an entity, each refused by the compiler at the line where the mistake is. */
import Type from 'typebox'
import { type EntityRow, entity } from './entity.ts'

const schema = Type.Object({
  code: Type.String(),
  person: Type.String(),
  start: Type.String({ format: 'date-time' }),
  lat: Type.Optional(Type.Number()),
  fences: Type.Array(Type.Number()),
})
const held = 'key'

export const declared = () => {
  const good = entity('shift', { schema, held, id: ['code'], keys: [{ group: 'person', of: row => row.person }] })

  entity('shift', {
    schema,
    held,
    id: ['code'],
    // @ts-expect-error the field is called person
    keys: [{ group: 'person', of: row => row.guard }],
  })
  entity('shift', {
    schema,
    held,
    id: ['code'],
    // @ts-expect-error a key is a text
    keys: [{ group: 'person', of: row => row.fences }],
  })
  entity('shift', {
    schema,
    held,
    id: ['code'],
    // @ts-expect-error there is no field end
    span: { of: row => [row.start, row.end], longestMs: 1 },
  })
  // @ts-expect-error what is read is bounded by the longest span
  entity('shift', { schema, held, id: ['code'], span: { of: row => [row.start, row.start] } })
  // @ts-expect-error there is no field id
  entity('shift', { schema, held, id: ['id'] })
  // @ts-expect-error every row has what names it
  entity('shift', { schema, held, id: ['lat'] })
  // @ts-expect-error a name is made of words, not of lists
  entity('shift', { schema, held, id: ['fences'] })
  // @ts-expect-error a row is named by something
  entity('shift', { schema, held, id: [] })
  // @ts-expect-error it is held as a snapshot or by key
  entity('shift', { schema, held: 'memory', id: ['code'] })
  const of = () => 'x'
  const group = 'person'
  entity('shift', {
    schema,
    held,
    id: ['code'],
    keys: [
      { group, of },
      { group, of },
      { group, of },
      // @ts-expect-error there are three look-up keys at most
      { group, of },
    ],
  })
  // @ts-expect-error a row holds what its schema says
  const row: EntityRow<typeof good> = { code: 'S1', person: 7, start: '', fences: [] }
  return row
}
