import { type Answered, placeOf, type Question } from '@surety/contract'
import { foreignCursor, readCursor, writeCursor } from '../../request/cursor.ts'
import type { Context } from '../../runtime/context.ts'
import { listModels, type ModelMark } from '../../store/models.ts'
import { listedModel } from './kept-models.ts'
import type { Scopes } from './scopes.ts'

interface ListNeeds extends Pick<Context, 'db' | 'now'> {
  readonly scopes: Scopes
}

/** Models of these questions that may serve the tenant, one page. */
export async function modelPage(
  { db, now, scopes }: ListNeeds,
  tenant: string,
  questions: readonly Question[],
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
): Promise<Answered<'listModels'>> {
  await scopes.cover([tenant])
  const places = questions.map(question => ({ ...placeOf(question), scope: scopes.of(tenant, question) }))
  const after = cursor === undefined ? null : markOf(tenant, cursor)
  const whose = [...new Set(places.map(({ scope }) => scope))]
  const rows = await db.read(whose, reader => listModels(reader, places, after, limit + 1))
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next = rows.length > limit && last !== undefined ? writeCursor(tenant, 'models', partsOf(last)) : null
  return { items: page.map(listedModel), next, as_of: now().toISOString() }
}

const partsOf = ({ createdAt, version, digest, pod, question }: ModelMark) =>
  [createdAt.getTime(), version, digest, pod, question] as const

function markOf(tenant: string, cursor: string): ModelMark {
  const types = ['number', 'number', 'string', 'string', 'string'] as const
  const [ms, version, digest, pod, question] = readCursor(tenant, 'models', cursor, types) as ReturnType<typeof partsOf>
  // Years that a database knows, and no more than it can hold of a whole number.
  if (!(ms >= 0 && ms < 8e15 && Number.isSafeInteger(version))) throw foreignCursor()
  return { createdAt: new Date(ms), version, digest, pod, question }
}
