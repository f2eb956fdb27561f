import { setImmediate } from 'node:timers/promises'
import { type Action, eachSide, placeOf, type Question } from '@surety/contract'
import { checkVersion, nextLookAt, type RecordCuts } from '@surety/stats'
import { bumpEpoch, lockAutonomy } from '../../../store/autonomy-epochs.ts'
import { matureUntil } from '../../../store/calibration-rows.ts'
import type { Database, Reader, Tx } from '../../../store/db.ts'
import {
  countUnseen,
  type KeptCheck,
  readChecks,
  readUnseen,
  saveChecks,
  type UnseenOf,
  type UnseenRow,
} from '../../../store/version-checks.ts'
import { readVersionCuts, type VersionCuts } from '../../../store/version-cuts.ts'
import { type ActionContext, type Context, readContext } from '../context.ts'
import { maturityMs } from '../maturity.ts'
import { meetsOutOfFold } from './meets.ts'
import { budgetsOfRecord, sideOf } from './side-of.ts'

/** A version as it is named everywhere. */
export interface NamedVersion {
  readonly version: number
  readonly digest: string
}

/** What one look at the unseen rows of a version found for one action. */
export interface LookedVersion {
  readonly action: string
  readonly digest: string
  /** The cuts at which it passes, the loosest first. */
  readonly passes: readonly number[]
  /** They are not those of before. */
  readonly changed: boolean
}

const newest = 2000
const ofEachLabel = 100
/** Rows that are read at most: where one label is rare, a hundred of it lie far back. */
const mostRead = 20_000
const mostCounted = 1_000_000
const beforeEverything = new Date(-1)

/**
 * Holds versions against the rows that they were not fitted on, for each action of a question: when they begin to serve, whenever their
 * unseen rows have grown by a fifth or by 200, and when the budget or the threshold is another one. What was found holds until
 * the next look, which may take a pass back. Read and computed without a lock; kept only if nobody suspended the action meanwhile.
 * @param versions those that act or may take over, each once
 * @param maturity as of this look, in milliseconds
 */
export async function checkVersions(
  db: Database,
  tenant: string,
  question: Question,
  versions: readonly NamedVersion[],
  at: Date,
  maturity?: number,
): Promise<readonly LookedVersion[]> {
  const looked: LookedVersion[] = []
  for (const version of versions) {
    const due = await db.transaction([tenant], handle => dueChecks(handle, tenant, question, version, at, maturity))
    const found: { readonly of: DueCheck; readonly found: KeptCheck }[] = []
    for (const of of due) {
      await setImmediate()
      found.push({ of, found: lookAt(of, at) })
    }
    if (found.length === 0) continue
    looked.push(...(await db.transaction([tenant], handle => keep(handle, tenant, question, version, found))))
  }
  return looked
}

interface DueCheck {
  readonly action: Action
  readonly version: NamedVersion
  readonly floor: number
  readonly since: Date
  readonly cuts: RecordCuts
  readonly unseen: number
  /** The newest decision first. */
  readonly rows: readonly UnseenRow[]
}

async function dueChecks(
  db: Tx,
  tenant: string,
  question: Question,
  version: NamedVersion,
  at: Date,
  maturity?: number,
): Promise<readonly DueCheck[]> {
  const place = { tenant, ...placeOf(question) }
  const cuts = await readVersionCuts(db, { ...place, digest: version.digest })
  if (cuts === null) return []
  const context = await readContext(db, tenant, question)
  const until = matureUntil({ now: at, maturityMs: await maturityMs(db, tenant, question, at, maturity) })
  const before = await readChecks(db, place, [version.digest])
  const due: DueCheck[] = []
  // Actions that were never suspended are held against the same rows.
  const read = new Map<number, Pick<DueCheck, 'unseen' | 'rows'>>()
  for (const one of eachSide(context.sides)) {
    const own = cutsOfSide(cuts, one.action)
    if (own === null) continue
    const since = sinceOf(one)
    const of: UnseenOf = { ...place, digest: version.digest, since, until }
    const last = before.find(({ action }) => action === one.action.name)
    const same = last !== undefined && isHeldTo(last, one.action, context.floor)
    const known = read.get(since.getTime())
    if (same && (known?.unseen ?? (await countUnseen(db, of, last.nextAt))) < last.nextAt) continue
    const found = known ?? { unseen: await countUnseen(db, of, mostCounted), rows: await rowsOfCheck(db, of) }
    read.set(since.getTime(), found)
    due.push({ action: one.action, version, floor: context.floor, since, cuts: own, ...found })
  }
  return due
}

/** The newest 2,000, and many more where those hold too few of one label: the check itself says how far back it goes. */
async function rowsOfCheck(db: Reader, of: UnseenOf): Promise<readonly UnseenRow[]> {
  const rows = await readUnseen(db, of, newest)
  const positives = rows.reduce((count, { label }) => count + label, 0)
  const enough = rows.length < newest || Math.min(positives, rows.length - positives) >= ofEachLabel
  return enough ? rows : readUnseen(db, of, mostRead)
}

/** Rows from before a suspension say nothing for the action any more. */
const sinceOf = ({ row }: ActionContext): Date => row?.certifyFrom ?? beforeEverything

export function cutsOfSide({ thresholds, n }: VersionCuts, action: Pick<Action, 'side'>): RecordCuts | null {
  const own = thresholds[action.side]
  return own === null ? null : { ok: true, side: sideOf(action), thresholds: own, n }
}

const isHeldTo = ({ detail }: KeptCheck, { alpha, missBudget }: Action, floor: number): boolean =>
  detail.alpha === alpha && detail.miss_budget === missBudget && detail.floor === floor

function lookAt({ action, version, floor, cuts, unseen, rows }: DueCheck, at: Date): KeptCheck {
  const n = rows.length
  const p = Float64Array.from(rows, (_, i) => rows[n - 1 - i]!.probability)
  const y = Uint8Array.from(rows, (_, i) => rows[n - 1 - i]!.label)
  const meets = meetsOutOfFold(action, p, y, floor)
  const found = checkVersion(p, y, cuts, budgetsOfRecord(action), meets)
  return {
    action: action.name,
    digest: version.digest,
    checkedAt: at,
    unseen,
    nextAt: nextLookAt(unseen),
    passes: found.passes,
    detail: {
      version: version.version,
      alpha: action.alpha,
      miss_budget: action.missBudget,
      floor,
      rows: found.rows,
      positives: found.positives,
      inside: found.inside,
      wrong: found.wrong,
    },
  }
}

/** What was found of an action that was suspended, or whose budget changed, while it was computed says nothing: that is left out. */
async function keep(
  db: Tx,
  tenant: string,
  question: Question,
  { digest }: NamedVersion,
  all: readonly { readonly of: DueCheck; readonly found: KeptCheck }[],
): Promise<readonly LookedVersion[]> {
  await lockAutonomy(db, tenant, question.pod)
  const { sides, floor }: Context = await readContext(db, tenant, question)
  const valid = all.filter(({ of, found }) => {
    const now = eachSide(sides).find(one => one.action.name === of.action.name)!
    return sinceOf(now).getTime() === of.since.getTime() && floor === of.floor && isHeldTo(found, now.action, floor)
  })
  const place = { tenant, ...placeOf(question) }
  const before = await readChecks(db, place, [digest])
  await saveChecks(
    db,
    place,
    valid.map(({ found }) => found),
  )
  const looked = valid.map(({ found: { action, passes } }): LookedVersion => {
    const last = before.find(one => one.action === action)
    return { action, digest, passes, changed: String(last?.passes ?? '') !== String(passes) }
  })
  if (looked.some(({ changed }) => changed)) await bumpEpoch(db, tenant, question.pod)
  return looked
}
