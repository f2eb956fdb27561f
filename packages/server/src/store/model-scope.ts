import type { Question, QuestionKey } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { insertSetting, latestSettings, lockSetting } from './settings.ts'

/** What of a question finds its rows and the models they belong to. */
export type QuestionPlace = Pick<Question, 'pod' | 'name' | 'modelScope'>
export type ModelScope = Question['modelScope']

export interface ModelPlace extends QuestionKey {
  readonly tenant: string
  readonly digest: string
}

/** Where models lie: those of all tenants under `*`. */
export const scopeNamed = (tenant: string, scope: ModelScope): string => (scope === 'all' ? '*' : tenant)

/** Whose models serve a tenant that has not chosen: its own, or those of all. */
export const scopeOf = (tenant: string, { modelScope }: QuestionPlace): string => scopeNamed(tenant, modelScope)

const name = 'model_scope'

/** Whose models serve tenant `$1` at question `$2`, `$3`: as it has chosen, else `$4`, which is `scopeOf`. */
export const scopeNow = `coalesce((select case value->>'scope' when 'all' then '*' else $1 end from settings
  where tenant_id = $1 and pod = $2 and question = $3 and name = '${name}' order by version desc limit 1), $4)`

/** The models whose rows are kept: the newest five accepted ones of the scope, whatever serves, and what is acted on. `$1` to `$4` as above. */
export const keptModels = `select digest from active_models where tenant_id = ${scopeNow} and pod = $2 and question = $3
  union all select model_digest from acting_versions where tenant_id = $1 and pod = $2 and question = $3
  union all (select digest from models where tenant_id = ${scopeNow} and pod = $2 and question = $3 and accepted
    order by coalesce(accepted_at, created_at) desc, version desc limit 5)`

export interface ChosenScope extends QuestionKey {
  readonly tenant: string
  readonly scope: ModelScope
}

/** What these tenants have chosen; nothing where they go by the pod. */
export async function chosenScopes(db: Reader, tenants: readonly string[]): Promise<readonly ChosenScope[]> {
  const { rows } = await db.query<ChosenScope>({
    name: 'model_scopes',
    text: `select distinct on (tenant_id, pod, question) tenant_id as tenant, pod, question, value->>'scope' as scope
      from settings where tenant_id = any ($1) and name = '${name}' order by tenant_id, pod, question, version desc`,
    values: [tenants],
  })
  return rows
}

export async function chooseScope(db: Tx, chosen: ChosenScope, actor: string, at: Date): Promise<void> {
  const { tenant, pod, question, scope } = chosen
  await lockSetting(db, tenant, { pod, question }, name)
  const last = (await latestSettings(db, [tenant])).find(
    one => one.pod === pod && one.question === question && one.name === name,
  )
  const version = (last?.version ?? 0) + 1
  await insertSetting(db, { tenant, pod, question, name, version, value: { scope } }, actor, at)
}
