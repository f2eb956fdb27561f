import type { QuestionKey } from '@surety/contract'
import type { ActionPlace } from './action-states.ts'
import type { Reader, Tx } from './db.ts'
import type { ModelPlace } from './model-scope.ts'
import { excluded, insertRows, int4, json, type RowOf, table, text, time } from './table.ts'

/** What a check was held to, and what it found. */
export interface CheckDetail {
  readonly version: number
  readonly alpha: number
  readonly miss_budget: number | null
  /** The operator's threshold then. */
  readonly floor: number
  /** Rows it is made of, and those of class 1 among them. */
  readonly rows: number
  readonly positives: number
  /** Per cut, the loosest first: rows in it, and the wrong ones among them. */
  readonly inside: readonly number[]
  readonly wrong: readonly number[]
}

/** What the cases that a version was not fitted on said of it at the newest look. */
const versionChecks = table('version_checks', {
  tenant: text('tenant_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  digest: text('model_digest'),
  checkedAt: time('checked_at'),
  /** Unseen rows then, all of them, and at how many it is looked at again. */
  unseen: int4('unseen'),
  nextAt: int4('next_at'),
  passes: json<readonly number[]>('passes'),
  detail: json<CheckDetail>('detail'),
})
const kept = versionChecks.pick('action', 'digest', 'checkedAt', 'unseen', 'nextAt', 'passes', 'detail')
export type KeptCheck = RowOf<typeof kept>

/** Of these versions of a question, every action. */
export async function readChecks(
  db: Reader,
  { tenant, pod, question }: QuestionKey & { readonly tenant: string },
  digests: readonly string[],
): Promise<readonly KeptCheck[]> {
  const { rows } = await db.query<KeptCheck>({
    name: 'version_checks_read',
    text: `select ${kept.columns()} from version_checks
      where tenant_id = $1 and pod = $2 and question = $3 and model_digest = any ($4) order by action, model_digest`,
    values: [tenant, pod, question, digests],
  })
  return rows
}

export async function saveChecks(
  db: Tx,
  { tenant, pod, question }: QuestionKey & { readonly tenant: string },
  checks: readonly KeptCheck[],
): Promise<void> {
  await insertRows(
    db,
    versionChecks,
    checks.map(check => ({ tenant, pod, question, ...check })),
    `on conflict (tenant_id, pod, question, action, model_digest) do update set ${excluded(kept)}`,
  )
}

/** All passes of an action are void: each version is looked at again. */
export async function voidChecks(db: Tx, { tenant, pod, question, action }: ActionPlace): Promise<void> {
  await db.query({
    name: 'version_checks_void',
    text: 'delete from version_checks where tenant_id = $1 and pod = $2 and question = $3 and action = $4',
    values: [tenant, pod, question, action],
  })
}

/** Which rows speak of a version: decided in (since, until], none of them fitted on, with a label that somebody looked at. */
const unseen = `tenant_id = $1 and pod = $2 and question = $3 and model_digest = $4 and source in ('held_out', 'live') and quality <> 'bulk'
  and decided_at > $5 and (decided_at <= $6 or quality = 'imported')`

export interface UnseenOf extends ModelPlace {
  readonly since: Date
  readonly until: Date
}

const valuesOf = ({ tenant, pod, question, digest, since, until }: UnseenOf): unknown[] => [
  tenant,
  pod,
  question,
  digest,
  since,
  until,
]

/** @param most counting ends there */
export async function countUnseen(db: Reader, of: UnseenOf, most: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    name: 'version_checks_unseen',
    text: `select count(*) as n from (select from calibration_rows where ${unseen} limit $7) counted`,
    values: [...valuesOf(of), most],
  })
  return rows[0]!.n
}

export interface UnseenRow {
  readonly probability: number
  readonly label: 0 | 1
}

/** The newest decision first. */
export async function readUnseen(db: Reader, of: UnseenOf, most: number): Promise<readonly UnseenRow[]> {
  const { rows } = await db.query<UnseenRow>({
    name: 'version_checks_rows',
    text: `select probability, label from calibration_rows where ${unseen} order by decided_at desc, row_id desc limit $7`,
    values: [...valuesOf(of), most],
  })
  return rows
}
