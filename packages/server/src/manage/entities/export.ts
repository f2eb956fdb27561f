import { endsColumn } from '@surety/contract'
import { csvLine } from '../../csv/csv-line.ts'
import type { Context } from '../../runtime/context.ts'
import { entitiesAt, plannedEnds } from '../../store/entities.ts'
import { writeCell } from './cells.ts'
import type { EntityKind } from './kinds.ts'

const rowsAPage = 500

/** A file that `importFile` reads back, one page at a time: what was known after a change does not move meanwhile. */
export async function* exportFile(
  { db }: Pick<Context, 'db'>,
  tenant: string,
  kind: EntityKind,
  change: number,
  at: Date,
): AsyncGenerator<string> {
  const place = { tenant, pod: kind.pod, kind: kind.entity.name }
  yield csvLine([...kind.columns.map(({ name }) => name), endsColumn])
  for (let after: string | null = ''; after !== null; ) {
    const from: string = after
    const { rows, ends } = await db.read([tenant], async reader => {
      const rows = await entitiesAt(reader, place, change, at, from, rowsAPage)
      const ids = rows.map(({ id }) => id)
      return { rows, ends: await plannedEnds(reader, place, ids, change, at) }
    })
    yield rows
      .map(({ id, body }) =>
        csvLine([
          ...kind.columns.map(column => writeCell(column, body[column.name])),
          ends.get(id)?.toISOString() ?? null,
        ]),
      )
      .join('')
    after = rows.length === rowsAPage ? rows.at(-1)!.id : null
  }
}
