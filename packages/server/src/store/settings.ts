import type { JsonObject, QuestionKey } from '@surety/contract'
import type { Reader, Tx } from './db.ts'
import { ofQuestion } from './decisions.ts'
import { insertRow, int4, json, type RowOf, table, text, time } from './table.ts'

/** Every version of a setting is kept; the highest one counts. */
export const settings = table('settings', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  name: text('name'),
  version: int4('version'),
  value: json<JsonObject>('value'),
  recordedAt: time('recorded_at'),
  actor: text('actor'),
})
const latest = settings.pick('tenant', 'pod', 'question', 'name', 'version', 'value')
export type SettingRow = RowOf<typeof latest>

export async function latestSettings(db: Reader, tenants: readonly string[]): Promise<readonly SettingRow[]> {
  const { rows } = await db.query<SettingRow>({
    name: 'settings_latest',
    text: `select distinct on (tenant_id, pod, question, name) ${latest.columns()}
      from settings where tenant_id = any ($1) order by tenant_id, pod, question, name, version desc`,
    values: [tenants],
  })
  return rows
}

/** Two administrators who save at once wait for each other; the second sees the first's version. */
export async function lockSetting(db: Tx, tenant: string, { pod, question }: QuestionKey, name: string): Promise<void> {
  await db.query(`select pg_advisory_xact_lock(hashtextextended($1, 7283649))`, [
    `${tenant}/${pod}/${question}/${name}`,
  ])
}

export const insertSetting = async (db: Tx, row: SettingRow, actor: string, recordedAt: Date): Promise<void> =>
  void (await insertRow(db, settings, { ...row, recordedAt, actor }))

/** How the newest decisions with a probability would fall on either side of two thresholds. */
export async function countFlips(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  before: number,
  after: number,
) {
  const { rows } = await db.query<{ cases: number; above_before: number; above_after: number }>(
    `select count(*) as cases, count(*) filter (where probability >= $4) as above_before,
        count(*) filter (where probability >= $5) as above_after
      from (select probability from decisions where tenant_id = $1 and pod = $2 and ${ofQuestion(question, 'question', '$3').condition}
        order by recorded_at desc limit 1000) newest
      where probability is not null`,
    [tenant, pod, question, before, after],
  )
  return rows[0]!
}

/** The newest value of one setting; null: nobody has saved any. */
export async function latestSetting(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  name: string,
): Promise<JsonObject | null> {
  const { rows } = await db.query<{ value: JsonObject }>({
    name: 'setting_latest',
    text: `select value from settings where tenant_id = $1 and pod = $2 and question = $3 and name = $4
      order by version desc limit 1`,
    values: [tenant, pod, question, name],
  })
  return rows[0]?.value ?? null
}

export const heldSetting = settings.pick('value', 'recordedAt')
export type HeldSetting = RowOf<typeof heldSetting>

/** Which rows of table `settings` are values that held at a moment or later; the first of them may be older than that. */
export const heldSince = (name: string, since: string): string =>
  `tenant_id = $1 and pod = $2 and question = $3 and name = ${name} and version >= coalesce((select max(version) from settings
        where tenant_id = $1 and pod = $2 and question = $3 and name = ${name} and recorded_at <= ${since}), 0)`

/** Every value of one setting that held at a moment or later, the oldest first; the first of them may be older than that. */
export async function settingsSince(
  db: Reader,
  tenant: string,
  { pod, question }: QuestionKey,
  name: string,
  since: Date,
): Promise<readonly HeldSetting[]> {
  const { rows } = await db.query<HeldSetting>({
    name: 'settings_since',
    text: `select ${heldSetting.columns()} from settings where ${heldSince('$4', '$5')} order by version`,
    values: [tenant, pod, question, name, since],
  })
  return rows
}
