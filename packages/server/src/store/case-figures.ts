import type { QuestionKey } from '@surety/contract'
import type { Reader } from './db.ts'

/** What a watcher asks of the cases of one tenant; nothing here grows with the number of leads. */
export interface CaseFigures {
  /** Cases with a settled label, counted up to `most`. */
  readonly labels: number
  readonly newestLabel: Date | null
  readonly oldestCase: Date | null
}

export async function caseFigures(db: Reader, tenant: string, pod: string, most: number): Promise<CaseFigures> {
  const { rows } = await db.query<{ labels: number; newest: Date | null; oldest: Date | null }>({
    name: 'case_figures',
    text: caseFiguresSql,
    values: [tenant, pod, most],
  })
  const { labels, newest, oldest } = rows[0]!
  return { labels: Number(labels), newestLabel: newest, oldestCase: oldest }
}

export const caseFiguresSql = `select
  (select count(distinct case_id) from (
    select case_id from outcomes where tenant_id = $1 and pod = $2 and label is not null limit $3) settled) as labels,
  (select recorded_at from outcomes where tenant_id = $1 and pod = $2 and label is not null
    order by recorded_at desc limit 1) as newest,
  (select recorded_at from decisions where tenant_id = $1 and pod = $2 order by recorded_at limit 1) as oldest`

export interface ModelFigures {
  readonly everActive: boolean
  /** The last night that judged a challenger, or had nothing new to judge by. */
  readonly lastVerdict: Date | null
}

/** A model file that was let in was judged elsewhere: only a training of ours ends with a verdict. */
export async function modelFigures(db: Reader, scope: string, { pod, question }: QuestionKey): Promise<ModelFigures> {
  const { rows } = await db.query<{ active: boolean; verdict: Date | null }>({
    name: 'model_figures',
    text: `select exists (select 1 from active_models where tenant_id = $1 and pod = $2 and question = $3) as active,
      (select greatest(
        (select max(created_at) from models
          where tenant_id = $1 and pod = $2 and question = $3 and (verdict->>'source') is distinct from 'reload'),
        (select greatest(run_at, confirmed_at) from learning_runs
          where tenant_id = $1 and pod = $2 and question = $3))) as verdict`,
    values: [scope, pod, question],
  })
  const { active, verdict } = rows[0]!
  return { everActive: active, lastVerdict: verdict }
}
