import type { FeatureSpec, PodSettings } from '@surety/contract'
import { table } from '@surety/pod-table'
import { clopperPearson } from '@surety/stats'
import { autonomyHistory } from '../../../packages/server/src/manage/autonomy/history.ts'
import type { ModelArtefact } from '../../../packages/server/src/model/artefact.ts'
import { compileModel } from '../../../packages/server/src/model/scorer.ts'
import type { Database } from '../../../packages/server/src/store/db.ts'
import type { Lived, Night } from './live-through.ts'
import { type SimulatedWorld, simulatedColumns, valuesOf } from './simulated-world.ts'

/** One region held against the truth. */
export interface Promised {
  readonly action: 'yes' | 'no'
  readonly alpha: number
  /** True wrong share of the region, and for clears the true share of positives cleared. */
  readonly wrong: number
  readonly missed: number | null
  /** Share of all cases in the region. */
  readonly share: number
  readonly broken: boolean
}

/** What one action did by itself, night by night, held against the truth for the version whose scores it went by. */
export interface Acted {
  readonly action: 'yes' | 'no'
  readonly alpha: number
  /** Nights after which something was done by itself, and those on which more of it was wrong than the budget allows. */
  readonly nights: number
  readonly broken: number
  /** Largest true share of wrong ones, as a part of the budget; clears: of the miss budget too. */
  readonly worst: number
  /** True wrong share of the last region, and the share of all cases that it covered on the last night; 0: none. */
  readonly wrong: number
  readonly covered: number
  /** What the loosest cut that keeps the budgets in truth would have covered, on the scores of the same version. */
  readonly oracle: number
}

export interface Judged {
  /** Of each action that was certified on any night, and of those that never were. */
  readonly acted: readonly Acted[]
  readonly byEye: readonly Promised[]
  readonly certificates: number
  readonly settled: number
  readonly decisions: number
  /** Per action with at least 20 audited acts: does the 95 % interval of the audits hold the true wrong share of the acts? */
  readonly audits: readonly boolean[]
  readonly suspensions: readonly Suspension[]
  readonly changes: readonly Change[]
}

/** What the tripwire made of a change, for one action with acts after it. */
export interface Change {
  readonly action: 'yes' | 'no'
  /** Mature audited acts since the change. */
  readonly audits: number
  /** How many of them it took; null: it was not caught. */
  readonly caughtAfter: number | null
}

export interface Suspension {
  readonly action: 'yes' | 'no'
  readonly day: number
  /** True wrong share of the acts that were audited up to then, since the change where there was one. */
  readonly justified: boolean
  /** Audited acts since the change. */
  readonly audits: number
}

const missBudget = 0.2
const floor = 0.5
const checkRows = 20_000
const dayMs = 86_400_000
const start = Date.UTC(2024, 0, 1)

interface DoneRow {
  case_id: string
  action: 'yes' | 'no'
  automatic: boolean
  audited: boolean
  recorded_at: Date
}

export async function judge(db: Database, world: SimulatedWorld, lived: Lived): Promise<Judged> {
  const { tenant, truths } = lived
  const found = await db.transaction([tenant], async handle => {
    const rows = async <Row extends object>(text: string) => (await handle.query<Row>(text)).rows
    return {
      models: await rows<{ digest: string; artefact: string }>('select digest, artefact from models where accepted'),
      rows: await rows<{ model_digest: string; probability: number; label: 0 | 1 }>(
        `select model_digest, probability, label from calibration_rows where source = 'held_out'`,
      ),
      acted: await rows<DoneRow>(
        `select case_id, action, automatic, audited, recorded_at from decisions
          where automatic or audited order by recorded_at, case_id`,
      ),
      certificates: (await rows<{ n: number }>('select count(*)::int as n from certificates'))[0]!.n,
      decisions: (await rows<{ n: number }>('select count(*)::int as n from decisions'))[0]!.n,
    }
  })
  const history = await db.transaction([tenant], handle => autonomyHistory(handle, tenant, table.questions[0]))
  const population = populationOf(world, found.models)
  const alphaOf = (action: 'yes' | 'no') => world[action]
  const acted = (['yes', 'no'] as const).map(action => actedBy(action, world, lived.nights, population))
  const early = (digest: string) => population(digest, 0)
  const byEye = [...Map.groupBy(found.rows, row => row.model_digest)].flatMap(([digest, rows]) =>
    (['yes', 'no'] as const).flatMap(action => {
      const cut = byEyeCut(action, alphaOf(action), rows)
      if (cut === null) return []
      return [promised(action, alphaOf(action), early(digest), p => (action === 'yes' ? p >= cut : p <= cut), false)]
    }),
  )
  const audits = (['yes', 'no'] as const).flatMap(action => auditCovers(action, found.acted, lived))
  const suspensions = history.suspensions.map(({ at, action }): Suspension => {
    const day = (Date.parse(at) - start) / dayMs
    const since = world.changesOn ?? 0
    const name = action as 'yes' | 'no'
    const mine = found.acted.filter(
      act => act.action === name && act.audited && act.recorded_at.getTime() < Date.parse(at),
    )
    const after = mine.filter(act => truths.get(act.case_id)!.day >= since)
    const wrong = meanWrong(name, world, after, lived)
    return { action: name, day, justified: wrong > alphaOf(name), audits: after.length }
  })
  return {
    acted,
    byEye,
    certificates: found.certificates,
    settled: found.acted.filter(act => act.automatic).length,
    decisions: found.decisions,
    audits,
    suspensions,
    changes: world.changesOn === null ? [] : changesOf(world.changesOn, suspensions, found.acted, lived),
  }
}

/** Outcomes take up to three days, and what is not mature the tripwire has not seen. */
const slowestOutcomeMs = 3 * dayMs
const endMs = start + 61 * dayMs

function changesOf(
  changedOn: number,
  suspensions: readonly Suspension[],
  acted: readonly DoneRow[],
  { truths }: Lived,
): readonly Change[] {
  return (['yes', 'no'] as const).flatMap(action => {
    const suspension = suspensions.find(one => one.action === action && one.day >= changedOn)
    const until = (suspension === undefined ? endMs : start + suspension.day * dayMs) - slowestOutcomeMs
    const audits = acted.filter(
      act =>
        act.action === action &&
        act.audited &&
        truths.get(act.case_id)!.day >= changedOn &&
        act.recorded_at.getTime() <= until,
    ).length
    if (audits === 0) return []
    return [{ action, audits, caughtAfter: suspension === undefined ? null : audits }]
  })
}

interface Scored {
  readonly p: number
  readonly chance: number
}

/** Where a world changes only what was done before counts: afterwards it is the tripwire that is put to the test. */
function actedBy(
  action: 'yes' | 'no',
  world: SimulatedWorld,
  nights: readonly Night[],
  population: (digest: string, day: number) => readonly Scored[],
): Acted {
  const alpha = world[action]
  const steady = nights.filter(({ day }) => world.changesOn === null || day < world.changesOn)
  const known = new Map<readonly Scored[], Map<number, Promised>>()
  const regionOn = ({ day, acting, regions }: Night): Promised | null => {
    const threshold = regions[action]
    if (acting === null || threshold === null) return null
    const cases = population(acting, day)
    const ofCases = known.get(cases) ?? new Map<number, Promised>()
    const found = ofCases.get(threshold) ?? promised(action, alpha, cases, covers(action, threshold))
    known.set(cases, ofCases.set(threshold, found))
    return found
  }
  const regions = steady.flatMap(night => regionOn(night) ?? [])
  const last = steady.at(-1)!
  const atLast = regionOn(last)
  return {
    action,
    alpha,
    nights: regions.length,
    broken: regions.filter(({ broken }) => broken).length,
    worst: Math.max(0, ...regions.map(({ wrong, missed }) => Math.max(wrong / alpha, (missed ?? 0) / missBudget))),
    wrong: regions.at(-1)?.wrong ?? 0,
    covered: atLast?.share ?? 0,
    oracle: last.acting === null ? 0 : oracleShare(action, alpha, population(last.acting, last.day)),
  }
}

const covers =
  (action: 'yes' | 'no', threshold: number) =>
  (p: number): boolean =>
    action === 'yes' ? p >= Math.max(threshold, floor) : p <= threshold && p < floor

/** Share of all cases inside the loosest cut that keeps the budgets in truth; nobody inside the world could know it. */
function oracleShare(action: 'yes' | 'no', alpha: number, population: readonly Scored[]): number {
  const ordered = population
    .filter(({ p }) => (action === 'yes' ? p >= floor : p < floor))
    .sort((a, b) => (action === 'yes' ? b.p - a.p : a.p - b.p))
  const positives = population.reduce((sum, { chance }) => sum + chance, 0)
  let [wrong, cleared, most] = [0, 0, 0]
  for (const [i, { p, chance }] of ordered.entries()) {
    wrong += action === 'yes' ? 1 - chance : chance
    cleared += chance
    if (ordered[i + 1]?.p === p || wrong > alpha * (i + 1)) continue
    if (action === 'yes' || cleared <= missBudget * positives) most = i + 1
  }
  return most / population.length
}

/** A large sample of the world as it is on a day, before the change that the tripwire is put to the test by, scored by each model. */
function populationOf(world: SimulatedWorld, models: readonly { digest: string; artefact: string }[]) {
  const draw = world.draw.fork('population')
  const rows = Array.from({ length: checkRows }, () => world.row(draw))
  const jumpsOn = world.trouble?.what === 'jump' ? world.trouble.from : null
  const daysOf = (day: number): number => (jumpsOn !== null && day >= jumpsOn ? jumpsOn : 0)
  const settings: PodSettings = { columns: simulatedColumns, known_later: [] }
  const specs: readonly FeatureSpec[] = table.questions[0].featureSpecs(settings)
  const known = new Map<string, readonly Scored[]>()
  return (digest: string, day: number): readonly Scored[] => {
    const since = daysOf(day)
    const word = `${digest} ${since}`
    let scored = known.get(word)
    if (scored === undefined) {
      const model = compileModel(JSON.parse(models.find(one => one.digest === digest)!.artefact) as ModelArtefact)
      const schema = { hash: 'simulation', specs }
      scored = rows.map(row => ({
        p: model.score(schema, valuesOf(row)).probability ?? Number.NaN,
        chance: world.chance(row, since),
      }))
      known.set(word, scored)
    }
    return scored
  }
}

function promised(
  action: 'yes' | 'no',
  alpha: number,
  population: readonly Scored[],
  covers: (p: number) => boolean,
  misses = true,
): Promised {
  let n = 0
  let wrong = 0
  let positives = 0
  let cleared = 0
  for (const { p, chance } of population) {
    positives += chance
    if (!covers(p)) continue
    n++
    wrong += action === 'yes' ? 1 - chance : chance
    cleared += chance
  }
  const share = n === 0 ? 0 : wrong / n
  const missed = action === 'no' && misses ? cleared / positives : null
  return {
    action,
    alpha,
    wrong: share,
    missed,
    share: n / population.length,
    broken: share > alpha || (missed !== null && missed > missBudget),
  }
}

/** What a careful person does: the loosest threshold whose past error is within the budget, on at least 20 cases. */
function byEyeCut(
  action: 'yes' | 'no',
  alpha: number,
  rows: readonly { probability: number; label: 0 | 1 }[],
): number | null {
  const side = rows.filter(({ probability }) => (action === 'yes') === probability >= floor)
  const ordered = side.sort((a, b) =>
    action === 'yes' ? b.probability - a.probability : a.probability - b.probability,
  )
  let wrong = 0
  let cut: number | null = null
  for (const [i, { probability, label }] of ordered.entries()) {
    if (label === (action === 'yes' ? 0 : 1)) wrong++
    if (ordered[i + 1]?.probability === probability) continue
    if (i + 1 >= 20 && wrong / (i + 1) <= alpha) cut = probability
  }
  return cut
}

function meanWrong(action: 'yes' | 'no', world: SimulatedWorld, acts: readonly DoneRow[], { truths }: Lived): number {
  let wrong = 0
  for (const { case_id } of acts) {
    const { row, day } = truths.get(case_id)!
    const chance = world.chance(row, day)
    wrong += action === 'yes' ? 1 - chance : chance
  }
  return acts.length === 0 ? 0 : wrong / acts.length
}

/** Acts and blind audits are one stream, of which each was audited with the same chance: an exact interval of the audited share. */
function auditCovers(action: 'yes' | 'no', acted: readonly DoneRow[], lived: Lived): boolean[] {
  const mine = acted.filter(act => act.action === action)
  const audited = mine.filter(act => act.audited)
  if (audited.length < 20) return []
  const wrongLabel = action === 'yes' ? 0 : 1
  const wrong = audited.filter(act => lived.truths.get(act.case_id)!.label === wrongLabel).length
  const interval = clopperPearson(wrong, audited.length)
  if (!interval.ok) return []
  const truth = mine.filter(act => lived.truths.get(act.case_id)!.label === wrongLabel).length / mine.length
  return [interval.lower <= truth && truth <= interval.upper]
}
