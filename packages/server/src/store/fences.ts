import { holdGroupsOf } from './cases.ts'
import type { Tx } from './db.ts'
import { lineColumns, table } from './table.ts'

/** A case that a person or the customer touched, as the line writes it. */
export interface TouchRow {
  readonly tenant: string
  readonly caseId: string
  /** Of the newest touch, as `at`. */
  readonly reason: string
  readonly at: Date
  /** How often: what is decided between two touches of one batch is void by the second. */
  readonly times: number
  /** The customer wrote, or somebody reported an outcome: what silence said of it is over. Left out: it goes on. */
  readonly wakes?: boolean
}

/** A case that silence settles, as the line writes it. */
export interface SettleRow {
  readonly tenant: string
  readonly caseId: string
  /** How often it had been touched when nothing was found to be heard. */
  readonly token: number
}

const column = lineColumns<TouchRow>()
const settle = lineColumns<SettleRow>()

/** One row a case, made at its first touch; `token` counts the touches, and acts with an older one are void. */
export const fences = table('fences', {
  tenant: column.text('tenant_id', row => row.tenant),
  caseId: column.text('case_id', row => row.caseId),
  reason: column.text('reason', row => row.reason),
  at: column.time('at', row => row.at),
  token: column.int8('token', row => row.times),
  /** At which token silence settled the case. Of a row that a touch made it is no token, and says that the touch wakes. */
  silenceToken: column.int8('silence_token', row => (row.wakes === true ? -1 : null)),
})

/**
 * What an insert of a touch ends with: a fence that is there already counts on. Where silence settled the case at its newest token
 * that goes along, unless the touch wakes: `silence_token` is then what it was, `times` behind the new token.
 */
export const touchAgain = `on conflict (tenant_id, case_id) do update set token = fences.token + excluded.token,
  reason = excluded.reason, at = excluded.at,
  silence_token = case when fences.silence_token = fences.token and excluded.silence_token is null
    then fences.token + excluded.token else fences.silence_token end`

export const settles = table('settles', {
  tenant: settle.text('tenant_id', row => row.tenant),
  caseId: settle.text('case_id', row => row.caseId),
  token: settle.int8('token', row => row.token),
})

/**
 * Holds the fences of cases that silence settles, and notes it there: those alone whose token is what was seen. A touch that
 * committed since is seen although the statement began before it, and one that comes later finds the note.
 * @param given as `settles` has its columns
 */
export const settleFences = (
  given: string,
): string => `insert into fences (tenant_id, case_id, token, reason, at, silence_token)
  select tenant_id, case_id, token, 'silence', to_timestamp(0), token from ${given}
  order by tenant_id collate "C", case_id collate "C"
  on conflict (tenant_id, case_id) do update set silence_token = excluded.token where fences.token = excluded.token
  returning tenant_id, case_id`

declare const isHeld: unique symbol

/**
 * Whoever has one holds the fence of the case until the commit: nobody else moves the case, answers its question or performs
 * its acts meanwhile. Only the functions of this file give one out.
 */
export interface HeldCase {
  readonly [isHeld]: true
  readonly tenant: string
  readonly caseId: string
  /** After the touch, where it is one: acts that were decided under an older one are void. */
  readonly token: number
  /** Of the newest touch. */
  readonly reason: string
}

const heldBy = (tenant: string, row: { caseId: string; token: number; reason: string }): HeldCase =>
  ({ tenant, ...row }) as HeldCase

const asHeld = `case_id as "caseId", token, reason`
type HeldRow = { caseId: string; token: number; reason: string }

/**
 * A human touch outside the line: holds the fence of the case until the commit and counts it up, so that every act
 * decided before is void. Take it before anything else of the case is locked.
 */
export async function touchCase(db: Tx, tenant: string, caseId: string, reason: string, at: Date): Promise<HeldCase> {
  await holdGroupsOf(db, tenant, [caseId])
  const { rows } = await db.query<HeldRow>({
    name: 'touch_case',
    text: `insert into fences (tenant_id, case_id, token, reason, at) values ($1, $2, 1, $3, $4)
      ${touchAgain} returning ${asHeld}`,
    values: [tenant, caseId, reason, at],
  })
  return heldBy(tenant, rows[0]!)
}

/**
 * A human touch of many cases: holds their fences until the commit, in the order everybody takes them in, and counts each
 * up. Take it before anything else of the cases is locked.
 * @returns by case
 */
export async function touchCases(
  db: Tx,
  tenant: string,
  caseIds: readonly string[],
  reason: string,
  at: Date,
): Promise<ReadonlyMap<string, HeldCase>> {
  await holdGroupsOf(db, tenant, caseIds)
  const { rows } = await db.query<HeldRow>({
    name: 'touch_cases',
    text: `insert into fences (tenant_id, case_id, token, reason, at)
      select $1, case_id, 1, $3, $4 from (select distinct case_id collate "C" as case_id from unnest($2::text[]) as case_id) given
      order by case_id
      ${touchAgain} returning ${asHeld}`,
    values: [tenant, caseIds, reason, at],
  })
  return new Map(rows.map(row => [row.caseId, heldBy(tenant, row)]))
}

/**
 * Holds the fences of these cases until the commit: a touch that committed first is seen, one that comes later waits.
 * A case that somebody is touching, or another process is dealing with, is left out.
 * @param between holds what everybody takes after the groups and before the fences: the autonomy
 */
export async function holdFences(
  db: Tx,
  tenant: string,
  caseIds: readonly string[],
  at: Date,
  between: () => Promise<void> = async () => {},
): Promise<ReadonlyMap<string, HeldCase>> {
  await holdGroupsOf(db, tenant, caseIds)
  await between()
  await db.query({
    name: 'make_fences',
    text: `insert into fences (tenant_id, case_id, token, reason, at)
      select $1, given.case_id, 0, 'act', $3 from (select distinct case_id from unnest($2::text[]) as case_id) given
      where not exists (select from fences f where f.tenant_id = $1 and f.case_id = given.case_id)
      order by given.case_id collate "C" on conflict do nothing`,
    values: [tenant, caseIds, at],
  })
  const { rows } = await db.query<HeldRow>({
    name: 'hold_fences',
    text: `select ${asHeld} from fences where tenant_id = $1 and case_id = any ($2)
      order by case_id for update skip locked`,
    values: [tenant, caseIds],
  })
  return new Map(rows.map(row => [row.caseId, heldBy(tenant, row)]))
}
