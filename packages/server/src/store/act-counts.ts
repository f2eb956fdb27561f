import type { Reader } from './db.ts'
import { int4, lineColumns, type RowOf, table, text, time } from './table.ts'

/** Automatic acts that count towards a cap, by hour. */
export const actCounts = table('act_counts', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  hour: time('hour'),
  acts: int4('acts'),
})
export type ActCountRow = RowOf<typeof actCounts>

/** A place under the cap of an hour, which a batch takes for one of its events. */
export interface PlaceRow extends Omit<ActCountRow, 'acts'> {
  readonly eventId: string
  readonly cap: number
}

const column = lineColumns<PlaceRow>()

/** As the line's statement is handed them. */
export const givenPlaces = table('given_places', {
  tenant: column.text('tenant_id', row => row.tenant),
  eventId: column.text('event_id', row => row.eventId),
  pod: column.text('pod', row => row.pod),
  question: column.text('question', row => row.question),
  action: column.text('action', row => row.action),
  hour: column.time('hour', row => row.hour),
  cap: column.int4('cap', row => row.cap),
})

/** How many acts are counted where these places are; where none is there is no row. */
export async function findActCounts(db: Reader, places: readonly PlaceRow[]): Promise<readonly ActCountRow[]> {
  const { rows } = await db.query<ActCountRow>({
    name: 'find_act_counts',
    text: `select ${actCounts.columns('c')} from act_counts c
      where (tenant_id, pod, question, action, hour) in (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]))`,
    values: [
      places.map(place => place.tenant),
      places.map(place => place.pod),
      places.map(place => place.question),
      places.map(place => place.action),
      places.map(place => place.hour),
    ],
  })
  return rows
}
