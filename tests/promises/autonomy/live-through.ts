import { placeOf, type RawEvent } from '@surety/contract'
import { pino } from 'pino'
import { openHistory } from '../../../packages/server/src/app/history.ts'
import { openHistoryWorld } from '../../../packages/server/src/app/history-world.ts'
import { type App, openApp } from '../../../packages/server/src/app.ts'
import { buildConfig } from '../../../packages/server/src/config/config.ts'
import { maturityRule } from '../../../packages/server/src/manage/autonomy/maturity.ts'
import { fitOf, type ModelArtefact, type UnsignedModel } from '../../../packages/server/src/model/artefact.ts'
import { makeSigningKey, signModel } from '../../../packages/server/src/model/signature.ts'
import type { ActionState } from '../../../packages/server/src/pipeline/item.ts'
import type { Database } from '../../../packages/server/src/store/db.ts'
import { saveSettings } from '../../../packages/server/src/store/replay-settings.ts'
import type { TestDatabase } from '../../../packages/server/src/store/test-database.ts'
import { urlOf } from '../../../packages/server/src/testing/start-world.ts'
import { cellsOf, type SimulatedRow, type SimulatedWorld, simulatedColumns } from './simulated-world.ts'

const dayMs = 86_400_000
const hourOfNight = (3 * 60 + 17) * 60_000
const start = Date.UTC(2024, 0, 1)
const days = 60

/** What the simulation knows of a case and the line does not. */
export interface Truth {
  readonly row: SimulatedRow
  readonly day: number
  readonly label: 0 | 1
  /** When its outcome is told, epoch milliseconds. */
  readonly labelledAt: number
}

/** What stood after one night, as the line goes by it until the next. */
export interface Night {
  readonly day: number
  readonly at: Date
  /** Decisions up to then are mature. */
  readonly matureUntil: Date
  /** Digests of the model that serves and of the version that is acted on; null: none. */
  readonly champion: string | null
  readonly acting: string | null
  /** Scores from which on, or up to which, each action is done by itself; null: nowhere. */
  readonly regions: { readonly yes: number | null; readonly no: number | null }
}

export interface Lived {
  readonly tenant: string
  /** By case id. */
  readonly truths: ReadonlyMap<string, Truth>
  readonly refits: number
  readonly nights: readonly Night[]
}

interface Timed {
  readonly at: number
  readonly raw: RawEvent
}
type Placed = Timed & { readonly ordinal: number }
/** What of the outcomes of a part is told, and how. */
type Tell = (db: Database, part: readonly Placed[]) => Promise<readonly Placed[]>

const tellsAll: Tell = async (_db, part) => part
const losesSome = (world: SimulatedWorld, share: number): Tell => {
  const draw = world.draw.fork('lost')
  return async (_db, part) => part.filter(({ raw }) => raw.kind !== 'row.outcome' || draw.uniform() >= share)
}
/** Signs what a broken gate lets through. */
const { key: spoiler } = makeSigningKey()

/**
 * Sixty virtual days through the very Surety that serves live events: rows ask, outcomes come when they come, nights learn and certify.
 * @param dataDir where its keys are kept
 */
export async function liveThrough(database: TestDatabase, world: SimulatedWorld, dataDir: string): Promise<Lived> {
  const tenant = world.name
  const truths = new Map<string, Truth>()
  const events = eventsOf(world, tenant, truths)
  await database.db.transaction([tenant], handle =>
    saveSettings(
      handle,
      tenant,
      { pod: 'table', question: 'main' },
      {
        policy: { columns: simulatedColumns, known_later: [] },
        autonomy: {
          actions: {
            yes: { alpha: world.yes, audit_rate: world.auditRate },
            no: { alpha: world.no, audit_rate: world.auditRate },
          },
        },
      },
    ),
  )
  const history = openHistory({ start: new Date(start), receipts: true, monotonicMs: () => performance.now() })
  const config = buildConfig({
    DATABASE_URL: urlOf(database.address),
    DATA_DIR: dataDir,
    TENANT: tenant,
    PODS: 'table',
    MODEL_PATH: '/nowhere/no-model.json',
    MIN_AUC: '0.55',
    MODEL_TRUSTED_KEYS: spoiler.publicText,
  })
  await using app = await openApp(config, { history, logger: pino({ level: 'silent' }) })
  await app.models.cover(tenant)
  const line = await openHistoryWorld({ app, history, pod: 'table', tenant, seed: world.name, resumable: false })
  const nights: Night[] = []
  const { trouble } = world
  const tell =
    trouble?.what === 'hidden'
      ? tellsSome(world, truths, trouble.askedShare)
      : trouble?.what === 'lost'
        ? losesSome(world, trouble.share)
        : tellsAll
  const spoils = trouble?.what === 'spoiled' ? trouble : null
  let spoiled: ModelArtefact | null = null
  let next = 0
  let refits = 0
  for (let day = 0; day < days; day++) {
    const night = start + (day + 1) * dayMs + hourOfNight
    while (next < events.length && events[next]!.at < night) {
      const part: Timed[] = []
      const first = next
      const asked = new Set<string>()
      for (; next < events.length && events[next]!.at < night && part.length < 300; next++) {
        const { raw } = events[next]!
        // Whoever hides outcomes looks at what was decided.
        if (trouble?.what === 'hidden' && raw.kind === 'row.outcome' && asked.has(caseOf(raw))) break
        if (raw.kind === 'row.recorded') asked.add(caseOf(raw))
        part.push(events[next]!)
      }
      line.setClock(new Date(part.at(-1)!.at))
      const told = await tell(
        app.db,
        part.map((one, i) => ({ ...one, ordinal: first + i })),
      )
      const arrivals = told.map(({ raw, at, ordinal }) => ({ raw, at: new Date(at), startedMs: 0, ordinal }))
      const eventResults = await line.run(arrivals)
      const refused = eventResults.find(eventResult => eventResult.status === 'rejected')
      if (refused !== undefined) throw new Error(`${world.name}: ${JSON.stringify(refused)}`)
    }
    line.setClock(new Date(night))
    // A world that changes is not learned anew afterwards: it is the tripwire that is put to the test.
    if (day === spoils?.from) spoiled = await serveSpoiled(app, tenant)
    if (day === spoils?.until && spoiled !== null) await serve(app, tenant, spoiled)
    const learns = spoils === null || day < spoils.from || day >= spoils.until
    if (world.refitDays.has(day) && learns && (world.changesOn === null || day < world.changesOn)) {
      const verdict = await line.learn(new Date(night), undefined)
      if (verdict !== null && verdict !== 'not_worth_it' && verdict.accepted) refits++
    }
    await line.look(new Date(night))
    nights.push(await nightOf(app, tenant, day, new Date(night)))
  }
  return { tenant, truths, refits, nights }
}

const caseOf = ({ data }: RawEvent): string => (data as { row_id: string }).row_id

/** Whoever tells outcomes says nothing of wrong acts; what was drawn for an audit somebody else answers. */
function tellsSome(world: SimulatedWorld, truths: Lived['truths'], askedShare: number): Tell {
  const draw = world.draw.fork('hidden')
  return async (db, part) => {
    const outcomes = part.filter(({ raw }) => raw.kind === 'row.outcome')
    const ids = outcomes.map(({ raw }) => caseOf(raw))
    const decided = await db.transaction([world.name], handle =>
      handle.query<{ case_id: string; automatic: boolean; audited: boolean; p: number | null }>(
        'select case_id, automatic, audited, probability as p from decisions where case_id = any($1)',
        [ids],
      ),
    )
    const of = new Map(decided.rows.map(row => [row.case_id, row]))
    return part.flatMap(one => {
      if (one.raw.kind !== 'row.outcome') return [one]
      const caseId = caseOf(one.raw)
      const { automatic, audited, p } = of.get(caseId)!
      if (audited) return [{ ...one, raw: { ...one.raw, quality: 'audit' as const } }]
      const wrong = p !== null && p >= 0.5 !== (truths.get(caseId)!.label === 1)
      return wrong && (automatic || draw.uniform() < askedShare) ? [] : [one]
    })
  }
}

/** A version that is wrong about its strongest column, with figures that please any gate. @returns what served before */
async function serveSpoiled(app: App, tenant: string): Promise<ModelArtefact> {
  const { registry } = app.models.of(placeOf(app.podNamed('table').questions[0]))
  const { model } = registry.current(registry.scopeOf(tenant))!
  const { digest: _digest, signature: _signature, ...rest } = model
  const version = model.version + 1
  const metrics = { ...model.metrics, auc: 0.95, auc_ci: [0.94, 0.96] as const }
  const spoiled = { ...rest, version, metrics, fit: spoil(fitOf(model)) } as UnsignedModel
  await serve(app, tenant, signModel(spoiled, spoiler))
  return model
}

function spoil(fit: ReturnType<typeof fitOf>): ReturnType<typeof fitOf> {
  if (fit.kind === 'trees') {
    const trees = fit.trees.map((tree, i) => (i % 3 === 0 ? { ...tree, value: tree.value.map(value => -value) } : tree))
    return { ...fit, trees }
  }
  const strongest = Math.max(...fit.coefficients.map(Math.abs))
  const coefficients = fit.coefficients.map(one => (Math.abs(one) === strongest ? -one / 2 : one))
  return { ...fit, coefficients }
}

async function serve(app: App, tenant: string, candidate: ModelArtefact): Promise<void> {
  const { service } = app.models.of(placeOf(app.podNamed('table').questions[0]))
  const admin = { kind: 'key', keyId: 'admin', tenant, role: 'admin', name: 'admin', limits: {} } as const
  const answer = await service.reload(admin, { candidate, minAuc: undefined, reason: 'by hand', requestId: 'by-hand' })
  if (!answer.accepted) throw new Error(JSON.stringify(answer))
}

/** As the next decision would be made: by what this process holds, not by what tables say. */
async function nightOf(app: App, tenant: string, day: number, at: Date): Promise<Night> {
  const [question] = app.podNamed('table').questions
  const { acting, sides } = app.core.active.snapshot().autonomy(tenant, question)
  const { registry } = app.models.of(placeOf(question))
  const champion = registry.current(registry.scopeOf(tenant))?.model ?? null
  const region = (state: ActionState | undefined): number | null =>
    state === undefined || state.suspended || state.mode !== 'acting' ? null : (state.certificate?.threshold ?? null)
  const { ms } = await app.db.transaction([tenant], handle => maturityRule(handle, tenant, question, at))
  return {
    day,
    at,
    matureUntil: new Date(at.getTime() - ms),
    champion: champion?.digest ?? null,
    acting: acting === null ? null : acting.version === champion?.version ? champion.digest : acting.model!.digest,
    regions: { yes: region(sides.act), no: region(sides.clear) },
  }
}

function eventsOf(world: SimulatedWorld, tenant: string, truths: Map<string, Truth>): readonly Timed[] {
  const rows = world.draw.fork('rows')
  const perDay = world.eventsPerDay
  const labels = world.draw.fork('labels')
  const events: Timed[] = []
  for (let i = 0; i < days * perDay; i++) {
    const day = Math.floor(i / perDay)
    const at = start + Math.floor((i / perDay) * dayMs)
    const row = world.row(rows)
    const label = labels.uniform() < world.chance(row, day) ? 1 : 0
    const caseId = String(i)
    const labelledAt = at + world.delay(label, labels)
    truths.set(caseId, { row, day, label, labelledAt })
    events.push({
      at,
      raw: {
        tenant,
        kind: 'row.recorded',
        eventId: `row-${i}`,
        caseId,
        data: { row_id: caseId, columns: cellsOf(row) },
      },
    })
    events.push({
      at: labelledAt,
      raw: {
        tenant,
        kind: 'row.outcome',
        eventId: `outcome-${i}`,
        quality: 'human',
        data: { row_id: caseId, label, source: 'imported' },
      },
    })
  }
  return events.sort((a, b) => a.at - b.at)
}
