import { setImmediate } from 'node:timers/promises'
import { type Action, eachSide, isNarrow, placeOf, type Question } from '@surety/contract'
import { cutOf, type RecordCuts, recordCuts } from '@surety/stats'
import { lookBackDays } from '../../../store/calibration-rows.ts'
import type { Database } from '../../../store/db.ts'
import { type BeforeMark, type DecidedBefore, pageBefore, scoresBefore } from '../../../store/decided-before.ts'
import { insertRecordRows, type NewRecordRow } from '../../../store/record-rows.ts'
import type { RecordsPlace } from '../../../store/records.ts'
import { shareOf } from './record-plan.ts'
import { isBeyond, rowBefore } from './row-before.ts'
import { sideOf } from './side-of.ts'

/** What the first record of an installation begins with that decided before there were records. */
export interface Seeded {
  readonly why: 'upgrade' | 'history'
  /** The oldest of its rows. */
  readonly rowsFrom: Date
  /** By action the share that the walk begins with. */
  readonly plans: ReadonlyMap<string, number>
}

/** Decisions that are looked back to at most, and how many make the cuts of a version. */
const mostSeeded = 100_000
const newest = 2000
const pageRows = 5000
const dayMs = 86_400_000

/**
 * Makes rows of what models decided in the last ninety days, before cuts were kept with decisions: labelled ones with their label,
 * the others without, so that what is told of them later counts too and who is missing is known. The cuts of a version are made
 * of the scores of its own decisions, and the starts of the very first version's own probabilities: it was fitted before any of
 * these cases was decided, so no label of a row has a part in either. Doing it twice changes nothing.
 * @returns null: nothing was decided before
 */
export async function seedRows(
  db: Database,
  tenant: string,
  question: Question,
  actions: readonly Action[],
  at: Date,
): Promise<Seeded | null> {
  const place = { tenant, ...placeOf(question) }
  const since = new Date(at.getTime() - lookBackDays * dayMs)
  const scores = await db.read([tenant], reader => scoresBefore(reader, tenant, place, since, mostSeeded))
  const oldest = scores.at(-1)
  if (oldest === undefined) return null
  const versions = scoresByVersion(scores)
  const cuts = new Map([...versions].map(([digest, own]) => [digest, cutsOf(own)]))
  let mark: BeforeMark | null = null
  while (true) {
    const from: BeforeMark | null = mark
    const page: readonly DecidedBefore[] = await db.transaction([tenant], async handle => {
      const found = await pageBefore(handle, tenant, place, oldest.recordedAt, from, pageRows)
      const rows = found.map(one => rowOf(place, question, cuts.get(one['score.modelDigest']!), one))
      await insertRecordRows(handle, rows)
      return found
    })
    if (page.length < pageRows) break
    mark = page.at(-1)!
    await setImmediate()
  }
  const first = versions.get(oldest['score.modelDigest']!)!
  const plans = new Map(actions.map(one => [one.name, shareOf(one, first, first)]))
  return { why: 'upgrade', rowsFrom: oldest.recordedAt, plans }
}

/** The newest scores of each version's own decisions, oldest first. */
function scoresByVersion(scores: Awaited<ReturnType<typeof scoresBefore>>): ReadonlyMap<string, Float64Array> {
  const byVersion = Map.groupBy(scores, one => one['score.modelDigest']!)
  return new Map(
    [...byVersion].map(([digest, own]) => {
      const given = own.map(one => one['score.probability']).filter(p => p !== null)
      return [digest, Float64Array.from(given.slice(0, newest).reverse())]
    }),
  )
}

interface VersionCuts {
  readonly act: RecordCuts | null
  readonly clear: RecordCuts | null
}

function cutsOf(scores: Float64Array): VersionCuts {
  const of = (side: Action['side']): RecordCuts | null => {
    const cuts = recordCuts(scores, sideOf({ side }))
    return cuts.ok ? cuts : null
  }
  return { act: of('act'), clear: of('clear') }
}

function rowOf(
  place: RecordsPlace,
  question: Question,
  cuts: VersionCuts | undefined,
  one: DecidedBefore,
): NewRecordRow {
  const kappa = (side: Action['side']): number | null => {
    const action = eachSide(question.actions).find(known => known.side === side)
    return action === undefined ? null : kappaOf(action, cuts?.[side] ?? null, one)
  }
  const modelVersion = one['score.modelVersion'] ?? 0
  return rowBefore(place, one, { source: 'seeded', decidedAt: one.recordedAt, modelVersion, kappa })
}

/** Bounds are compared with thresholds after rounding to six decimals, as they are when a case is decided. */
const six = (value: number): number => Math.round(value * 1e6) / 1e6

/** The strictest cut that would have held it, by the operator's threshold and the bounds of that time. */
function kappaOf({ side, conditions }: Action, cuts: RecordCuts | null, one: DecidedBefore): number {
  const { threshold, 'score.probability': p, 'interval.lower': lower, 'interval.upper': upper } = one
  if (cuts === null || p === null || !isBeyond(side, p, threshold)) return -1
  if (conditions?.narrow && isNarrow({ lower, upper }) !== true) return -1
  if (conditions?.on === 'lower_bound' && (lower === null || six(lower) < threshold)) return -1
  return cutOf(cuts, p)
}
