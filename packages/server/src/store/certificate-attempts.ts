import type { JsonObject } from '@surety/contract'
import type { ActionPlace } from './action-states.ts'
import type { Reader, Tx } from './db.ts'
import { float8, insertRow, int4, json, orNull, type RowOf, table, text, time, uuid } from './table.ts'

/** Every attempt to certify, and the restarts of their count (`spending` 0). */
export const attempts = table('certificate_attempts', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  attempt: int4('attempt'),
  spending: int4('spending'),
  digest: text('model_digest'),
  at: time('at'),
  eligible: int4('eligible'),
  delta: float8('delta'),
  certificateId: orNull(uuid('certificate_id')),
  detail: json<JsonObject>('detail'),
})
export type NewAttempt = Omit<RowOf<typeof attempts>, keyof ActionPlace>

export const insertAttempt = async (db: Tx, place: ActionPlace, row: NewAttempt): Promise<void> =>
  void (await insertRow(db, attempts, { ...place, ...row }))

const made = attempts.pick('attempt', 'spending', 'at', 'eligible', 'delta', 'detail')
export type MadeAttempt = RowOf<typeof made>

/** The newest that asked, and how many there were; null: none. */
export async function newestAttempt(
  db: Reader,
  { tenant, pod, question, action }: ActionPlace,
): Promise<{ readonly n: number; readonly last: MadeAttempt } | null> {
  const { rows } = await db.query<MadeAttempt>({
    name: 'certificate_attempts_newest',
    text: `select ${made.columns()} from certificate_attempts
      where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and spending > 0 order by attempt desc limit 1`,
    values: [tenant, pod, question, action],
  })
  const counted = await db.query<{ n: number }>({
    name: 'certificate_attempts_count',
    text: `select count(*) as n from certificate_attempts where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and spending > 0`,
    values: [tenant, pod, question, action],
  })
  const last = rows[0]
  return last === undefined ? null : { n: counted.rows[0]!.n, last }
}

/** The newest time that the count of attempts began anew, with who and why; null: never. */
export async function lastRestart(
  db: Reader,
  { tenant, pod, question, action }: ActionPlace,
): Promise<JsonObject | null> {
  const { rows } = await db.query<{ detail: JsonObject }>({
    name: 'certificate_attempts_restart',
    text: `select detail from certificate_attempts where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and spending = 0
      order by attempt desc limit 1`,
    values: [tenant, pod, question, action],
  })
  const restarted = rows[0]?.detail['restarted']
  return restarted === undefined ? null : (restarted as JsonObject)
}
