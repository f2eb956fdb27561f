import type { FeatureSpec, PodSettings } from '@surety/contract'
import { table } from '@surety/pod-table'
import {
  type ActionBudgets,
  actedCut,
  type ChainStart,
  certificateDays,
  certifyRecord,
  checkVersion,
  countMissing,
  countRows,
  cutOf,
  issueVerdict,
  nextLookAt,
  noCounts,
  plannedChances,
  plannedShare,
  type RecordCounts,
  type RecordCuts,
  recordCuts,
  recordStarts,
  type SideStanding,
  takesOver,
} from '@surety/stats'
import type { ModelArtefact } from '../../../packages/server/src/model/artefact.ts'
import { compileModel, type Scorer } from '../../../packages/server/src/model/scorer.ts'
import type { Database } from '../../../packages/server/src/store/db.ts'
import type { Lived, Night, Truth } from './live-through.ts'
import { type SimulatedWorld, simulatedColumns, valuesOf } from './simulated-world.ts'

const [question] = table.questions
const settings: PodSettings = { columns: simulatedColumns, known_later: [] }
const specs: readonly FeatureSpec[] = question.featureSpecs(settings)
const floor = question.threshold
const dayMs = 86_400_000
const fewestFitted = 60
/** A record waits for so many outcomes of cases that its version was not fitted on. */
const enoughToPlan = 100

type Side = 'yes' | 'no'
const sides: readonly Side[] = ['yes', 'no']
const perSide = <T>(of: (side: Side) => T): Record<Side, T> => ({ yes: of('yes'), no: of('no') })

interface Stored {
  readonly decisions: readonly {
    case_id: string
    recorded_at: Date
    acting_version: number | null
    kappa_act: number | null
    kappa_clear: number | null
  }[]
  readonly models: readonly { digest: string; version: number; artefact: string }[]
  readonly heldOut: readonly { model_digest: string; probability: number; label: 0 | 1; decided_at: Date }[]
  readonly cuts: readonly { model_digest: string; thresholds: { act: number[]; clear: number[] } }[]
  readonly records: readonly { action: Side; starts: ChainStart[]; counts: RecordCounts }[]
  readonly certificates: readonly { action: Side; issued_at: Date; cuts: number[] }[]
}

async function readStored(db: Database, tenant: string): Promise<Stored> {
  return db.transaction([tenant], async handle => {
    const rows = async <Row extends object>(text: string) => (await handle.query<Row>(text)).rows
    return {
      decisions: await rows<Stored['decisions'][number]>(
        'select case_id, recorded_at, acting_version, kappa_act, kappa_clear from decisions order by recorded_at, case_id::int',
      ),
      models: await rows<Stored['models'][number]>('select digest, version, artefact from models where accepted'),
      heldOut: await rows<Stored['heldOut'][number]>(
        `select model_digest, probability, label, decided_at from calibration_rows where source = 'held_out' order by decided_at, row_id::int`,
      ),
      cuts: await rows<Stored['cuts'][number]>('select model_digest, thresholds from version_cuts'),
      records: await rows<Stored['records'][number]>('select action, starts, counts from records order by begun_at'),
      certificates: await rows<Stored['certificates'][number]>(
        'select action, issued_at, cuts from certificates order by issued_at',
      ),
    }
  })
}

interface Version {
  readonly digest: string
  readonly version: number
  readonly scorer: Scorer
  readonly cuts: Record<Side, RecordCuts>
  readonly looks: Record<Side, { passes: readonly number[]; next: number }>
}

interface Row {
  readonly truth: Truth
  readonly caseId: string
  readonly at: number
  /** Digests of the versions that scored it as it was decided. */
  readonly scoredBy: readonly string[]
  readonly kappa: Record<Side, number> | null
  counted: boolean
}

interface ActionLife {
  record: { readonly from: number; readonly starts: readonly ChainStart[]; counts: RecordCounts } | null
  certificate: { readonly cuts: readonly number[]; readonly until: number } | null
  readonly issued: { readonly at: number; readonly cuts: readonly number[] }[]
}

/**
 * Lives the same sixty days once more, by the pure kernel alone and from nothing but what the line was told: cases, outcomes, which model
 * the nights accepted, and from which age on a case is mature.
 * @returns a sentence for every row, cut, certificate and night in which the line came to something else
 */
export async function differences(db: Database, world: SimulatedWorld, lived: Lived): Promise<readonly string[]> {
  const stored = await readStored(db, lived.tenant)
  const life = kernelLife(world, lived, stored)
  const found: string[] = []
  const differ = (what: string, line: unknown, kernel: unknown): void => {
    const [a, b] = [JSON.stringify(line), JSON.stringify(kernel)]
    if (a !== b) found.push(`${world.name}, ${what}: the line has ${a}, the kernel ${b}`)
  }
  stored.decisions.forEach((row, i) => {
    const { kappa, acting, caseId } = life.rows[i]!
    differ(`row ${i}`, row.case_id, caseId)
    differ(`row ${i}, acting version`, row.acting_version, acting)
    differ(`row ${i}, cuts`, [row.kappa_act, row.kappa_clear], kappa === null ? [null, null] : [kappa.yes, kappa.no])
  })
  for (const { model_digest: digest, thresholds } of stored.cuts)
    differ(`cuts of ${digest.slice(0, 8)}`, [thresholds.act, thresholds.clear], life.cutsOf(digest))
  for (const side of sides) {
    const { record, issued } = life.actions[side]
    const own = stored.records.filter(({ action }) => action === side)
    differ(`records of ${side}`, own.length, record === null ? 0 : 1)
    if (own[0] !== undefined && record !== null) {
      differ(`starts of ${side}`, own[0].starts, record.starts)
      differ(`counts of ${side}`, sorted(own[0].counts), sorted(record.counts))
    }
    differ(
      `certificates of ${side}`,
      stored.certificates
        .filter(({ action }) => action === side)
        .map(({ issued_at: at, cuts }) => ({ at: at.getTime(), cuts })),
      issued,
    )
  }
  lived.nights.forEach(({ day, acting, regions }, i) => {
    const night = life.nights[i]!
    differ(`night ${day}, acting version`, acting, night.acting)
    differ(`night ${day}, regions`, regions, night.regions)
  })
  return found
}

const sorted = ({ rows, wrong, outside, positives }: RecordCounts) => ({ rows, wrong, outside, positives })

function kernelLife(world: SimulatedWorld, lived: Lived, stored: Stored) {
  const rows: Row[] = []
  const actingOf: (number | null)[] = []
  const nights: Pick<Night, 'acting' | 'regions'>[] = []
  const versions = new Map<string, Version>()
  const actions = perSide((): ActionLife => ({ record: null, certificate: null, issued: [] }))
  const budgets = budgetsOf(world)
  let acting: Version | null = null
  let champion: Version | null = null
  let next = 0
  for (const night of lived.nights) {
    const at = night.at.getTime()
    for (; next < stored.decisions.length && stored.decisions[next]!.recorded_at.getTime() < at; next++) {
      const { case_id: caseId, recorded_at: recordedAt } = stored.decisions[next]!
      const truth = lived.truths.get(caseId)!
      const scoredBy = [...new Set([champion, acting].flatMap(version => version?.digest ?? []))]
      const kappa = acting === null ? null : kappaOf(acting, truth)
      rows.push({ truth, caseId, at: recordedAt.getTime(), scoredBy, kappa, counted: false })
      actingOf.push(acting?.version ?? null)
    }
    if (night.champion !== null) {
      champion = versions.get(night.champion) ?? begins(night.champion, stored, rows)
      versions.set(champion.digest, champion)
      if (!sides.some(side => isInForce(actions[side], at))) acting = champion
    }
    const mature = rows.filter(row => row.at <= night.matureUntil.getTime() && row.truth.labelledAt < at)
    for (const side of sides) count(actions[side], side, mature)
    for (const row of mature) row.counted = true
    if (champion !== null && acting !== null) {
      const [newest, inUse]: [Version, Version] = [champion, acting]
      for (const side of sides) begin(actions[side], side, budgets[side], inUse, stored, rows, night)
      for (const version of new Set([newest, inUse]))
        for (const side of sides) check(version, side, budgets[side], stored, mature, night)
      for (const side of sides)
        look(actions[side], side, budgets[side], missingOf(actions[side], side, rows, night), at)
      const standing = (side: Side): SideStanding => ({
        certified: isInForce(actions[side], at) ? actions[side].certificate!.cuts : [],
        passes: newest.looks[side].passes,
      })
      if (inUse !== newest && takesOver(sides.map(standing))) acting = newest
    }
    nights.push({ acting: acting?.digest ?? null, regions: perSide(side => regionOf(actions[side], side, acting, at)) })
  }
  return {
    rows: rows.map(({ caseId, kappa }, i) => ({ caseId, kappa, acting: actingOf[i]! })),
    actions,
    nights,
    cutsOf: (digest: string) => sides.map(side => versions.get(digest)?.cuts[side].thresholds),
  }
}

const budgetsOf = (world: SimulatedWorld): Record<Side, ActionBudgets> => ({
  yes: { alpha: world.yes, beta: null },
  no: { alpha: world.no, beta: question.actions.clear!.missBudget },
})

const schema = { hash: 'simulation', specs }
const probabilityOf = (scorer: Scorer, { row }: Truth): number =>
  scorer.score(schema, valuesOf(row)).probability ?? Number.NaN

function begins(digest: string, { models }: Stored, rows: readonly Row[]): Version {
  const { artefact, version } = models.find(one => one.digest === digest)!
  const scorer = compileModel(JSON.parse(artefact) as ModelArtefact)
  const scores = Float64Array.from(rows.slice(-2000), ({ truth }) => probabilityOf(scorer, truth))
  const cuts = perSide(side => {
    const found = recordCuts(scores, side)
    if (!found.ok) throw new Error(`${digest}: ${found.detail}`)
    return found
  })
  return { digest, version, scorer, cuts, looks: perSide(() => ({ passes: [], next: 0 })) }
}

function kappaOf({ scorer, cuts }: Version, truth: Truth): Record<Side, number> {
  const p = probabilityOf(scorer, truth)
  return { yes: p >= floor ? cutOf(cuts.yes, p) : -1, no: p < floor ? cutOf(cuts.no, p) : -1 }
}

function count({ record }: ActionLife, side: Side, mature: readonly Row[]): void {
  if (record === null) return
  const own = mature.filter(row => !row.counted && row.at >= record.from && row.kappa !== null)
  const y = own.map(({ truth }) => truth.label)
  record.counts = countRows(record.counts, { cuts: own.map(({ kappa }) => kappa![side]), y }, side)
}

function begin(
  life: ActionLife,
  side: Side,
  { alpha }: ActionBudgets,
  { digest, scorer }: Version,
  { heldOut, models }: Stored,
  rows: readonly Row[],
  night: Night,
): void {
  if (life.record !== null) return
  const model = JSON.parse(models.find(one => one.digest === digest)!.artefact) as ModelArtefact
  if (model.metrics.n_train < fewestFitted) return
  const known = heldOut.filter(row => row.model_digest === digest && row.decided_at <= night.matureUntil)
  if (known.length < enoughToPlan) return
  const scores = Float64Array.from(rows.slice(-2000), ({ truth }) => probabilityOf(scorer, truth))
  const newest = known.toSorted((a, b) => b.decided_at.getTime() - a.decided_at.getTime()).slice(0, 2000)
  const p = Float64Array.from(newest, ({ probability }) => probability)
  const chances = plannedChances({ p, y: Uint8Array.from(newest, ({ label }) => label) }, scores)
  if ('ok' in chances) throw new Error(chances.detail)
  const plan = plannedShare(scores, chances, side, alpha)
  if (!plan.ok) throw new Error(plan.detail)
  life.record = { from: night.at.getTime(), starts: recordStarts(plan.share), counts: noCounts }
}

function check(
  { digest, scorer, cuts, looks }: Version,
  side: Side,
  budgets: ActionBudgets,
  { heldOut }: Stored,
  mature: readonly Row[],
  night: Night,
): void {
  const unseen = [
    ...heldOut
      .filter(row => row.model_digest === digest && row.decided_at <= night.matureUntil)
      .map(row => ({ at: row.decided_at.getTime(), p: row.probability, y: row.label })),
    ...mature
      .filter(row => row.scoredBy.includes(digest))
      .map(({ at, truth }) => ({ at, p: probabilityOf(scorer, truth), y: truth.label })),
  ].sort((a, b) => a.at - b.at)
  if (unseen.length < looks[side].next) return
  const p = Float64Array.from(unseen, row => row.p)
  const meets = Uint8Array.from(p, score => ((side === 'yes' ? score >= floor : score < floor) ? 1 : 0))
  const { passes } = checkVersion(
    p,
    Uint8Array.from(unseen, row => row.y),
    cuts[side],
    budgets,
    meets,
  )
  looks[side] = { passes, next: nextLookAt(unseen.length) }
}

const isInForce = ({ certificate }: ActionLife, at: number): boolean => certificate !== null && certificate.until > at

/** Mature and without a label by then, per cut: late answers, as nothing is hidden in these worlds. */
function missingOf({ record }: ActionLife, side: Side, rows: readonly Row[], night: Night): readonly number[] {
  const missing = noCounts.rows.map(() => 0)
  const counted = Math.max(
    ...rows.map(({ at, counted: was }) => (was && record !== null && at >= record.from ? at : 0)),
  )
  const until = Math.max(night.matureUntil.getTime(), counted)
  for (const { at, truth, kappa } of rows)
    if (record !== null && at >= record.from && at <= until && truth.labelledAt >= night.at.getTime())
      if (kappa !== null && kappa[side] >= 0) missing[kappa[side]]!++
  return missing
}

function look(life: ActionLife, side: Side, budgets: ActionBudgets, missing: readonly number[], at: number): void {
  if (life.record === null) return
  const { counts } = countMissing(life.record.counts, missing, side, budgets.alpha)
  const found = certifyRecord(counts, life.record.starts, budgets, question.actions.act!.delta)
  if (!found.ok) throw new Error(found.detail)
  const { certificate } = life
  const inForce =
    certificate === null ? null : { loosest: certificate.cuts[0]!, daysLeft: (certificate.until - at) / dayMs }
  if (issueVerdict(found.loosest, inForce) !== 'issue') return
  life.certificate = { cuts: found.cuts, until: at + certificateDays * dayMs }
  life.issued.push({ at, cuts: found.cuts })
}

function regionOf(life: ActionLife, side: Side, acting: Version | null, at: number): number | null {
  if (acting === null || !isInForce(life, at)) return null
  const cut = actedCut({ certified: life.certificate!.cuts, passes: acting.looks[side].passes })
  return cut === null ? null : acting.cuts[side].thresholds[cut]!
}
