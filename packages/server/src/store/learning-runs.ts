import type { Db, Reader } from './db.ts'
import type { Place } from './models.ts'
import { int4, type RowOf, table, text, time } from './table.ts'

/** The last run of learning for a model, whatever its verdict was. */
const runs = table('learning_runs', {
  scope: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  labels: int4('labels'),
  at: time('run_at'),
})
const last = runs.pick('labels', 'at')
export type LearningRun = RowOf<typeof last>

/** null: there was none yet. */
export async function lastLearningRun(db: Reader, { pod, question, scope }: Place): Promise<LearningRun | null> {
  const { rows } = await db.query<LearningRun>({
    name: 'learning_run',
    text: `select ${last.columns()} from learning_runs where tenant_id = $1 and pod = $2 and question = $3`,
    values: [scope, pod, question],
  })
  return rows[0] ?? null
}

export async function saveLearningRun(
  db: Db,
  { pod, question, scope }: Place,
  { labels, at }: LearningRun,
): Promise<void> {
  await db.query({
    name: 'save_learning_run',
    text: `insert into learning_runs (tenant_id, pod, question, labels, run_at) values ($1, $2, $3, $4, $5)
      on conflict (tenant_id, pod, question) do update set labels = excluded.labels, run_at = excluded.run_at`,
    values: [scope, pod, question, labels, at],
  })
}

/** A night came by and found too little new to learn from; where none has run yet there is nothing to confirm. */
export const confirmLearningRun = async (db: Db, { pod, question, scope }: Place, at: Date): Promise<void> =>
  void (await db.query({
    name: 'confirm_learning_run',
    text: 'update learning_runs set confirmed_at = $4 where tenant_id = $1 and pod = $2 and question = $3',
    values: [scope, pod, question, at],
  }))

/** How many words on cases of these tenants and pod came after a moment, counted no further than to `most`. */
export async function outcomesSince(
  db: Reader,
  tenants: readonly string[],
  pod: string,
  since: Date,
  most: number,
): Promise<number> {
  const { rows } = await db.query<{ found: number }>({
    name: 'outcomes_since',
    text: `select count(*)::int4 as found from (select from unnest($1::text[]) as one (tenant)
      cross join lateral (select from outcomes o where o.tenant_id = one.tenant and o.pod = $2 and o.recorded_at > $3
        order by o.recorded_at limit $4) found limit $4) counted`,
    values: [tenants, pod, since, most],
  })
  return rows[0]!.found
}
