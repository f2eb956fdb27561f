import type { ActionPlace } from './action-states.ts'
import type { Reader, Tx } from './db.ts'
import { float8, insertRow, int4, json, orNull, type RowOf, table, text, time } from './table.ts'

/** What the next certificate of an action still lacks, as of the last look at the labels; no row where one holds. */
export const shortfalls = table('shortfalls', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  digest: text('model_digest'),
  at: time('at'),
  eligible: int4('eligible'),
  code: text('code'),
  have: int4('have'),
  need: int4('need'),
  unlocksFrom: orNull(float8('unlocks_from')),
  /** Share of the newest decisions inside that region; null: there were too few to tell. */
  unlocksShare: orNull(float8('unlocks_share')),
  detail: json<{ readonly sentence: string; readonly share: number | null }>('detail'),
})
export type FoundShortfall = Omit<RowOf<typeof shortfalls>, keyof ActionPlace>

/** null: nothing is missing. */
export async function saveShortfall(db: Tx, place: ActionPlace, found: FoundShortfall | null): Promise<void> {
  if (found === null) {
    await db.query({
      name: 'shortfall_clear',
      text: 'delete from shortfalls where tenant_id = $1 and pod = $2 and question = $3 and action = $4',
      values: [place.tenant, place.pod, place.question, place.action],
    })
    return
  }
  await insertRow(
    db,
    shortfalls,
    { ...place, ...found },
    `on conflict (tenant_id, pod, question, action) do update set model_digest = excluded.model_digest, at = excluded.at,
      eligible = excluded.eligible, code = excluded.code, have = excluded.have, need = excluded.need,
      unlocks_from = excluded.unlocks_from, unlocks_share = excluded.unlocks_share, detail = excluded.detail`,
  )
}

/** null: nothing is lacking, or nobody has looked for this model yet. */
export async function readShortfall(
  db: Reader,
  { tenant, pod, question, action }: ActionPlace,
  digest: string,
): Promise<RowOf<typeof shortfalls> | null> {
  const { rows } = await db.query<RowOf<typeof shortfalls>>({
    name: 'shortfall_read',
    text: `select ${shortfalls.columns()} from shortfalls
      where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and model_digest = $5`,
    values: [tenant, pod, question, action, digest],
  })
  return rows[0] ?? null
}
