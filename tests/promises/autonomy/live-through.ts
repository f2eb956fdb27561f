import { placeOf, type RawEvent } from '@surety/contract'
import { pino } from 'pino'
import { openHistory } from '../../../packages/server/src/app/history.ts'
import { openHistoryWorld } from '../../../packages/server/src/app/history-world.ts'
import { type App, openApp } from '../../../packages/server/src/app.ts'
import { buildConfig } from '../../../packages/server/src/config/config.ts'
import { maturityRule } from '../../../packages/server/src/manage/autonomy/maturity.ts'
import type { ActionState } from '../../../packages/server/src/pipeline/item.ts'
import { saveSettings } from '../../../packages/server/src/store/replay-settings.ts'
import type { TestDatabase } from '../../../packages/server/src/store/test-database.ts'
import { urlOf } from '../../../packages/server/src/testing/start-world.ts'
import { cellsOf, type SimulatedRow, type SimulatedWorld, simulatedColumns } from './simulated-world.ts'

const dayMs = 86_400_000
const hourOfNight = (3 * 60 + 17) * 60_000
const start = Date.UTC(2024, 0, 1)
const days = 60
const refitDays: ReadonlySet<number> = new Set([8, 18, 28, 40, 50])

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
  })
  await using app = await openApp(config, { history, logger: pino({ level: 'silent' }) })
  await app.models.cover(tenant)
  const line = await openHistoryWorld({ app, history, pod: 'table', tenant, seed: world.name, resumable: false })
  const nights: Night[] = []
  let next = 0
  let refits = 0
  for (let day = 0; day < days; day++) {
    const night = start + (day + 1) * dayMs + hourOfNight
    while (next < events.length && events[next]!.at < night) {
      const part: Timed[] = []
      while (next < events.length && events[next]!.at < night && part.length < 300) part.push(events[next++]!)
      line.setClock(new Date(part.at(-1)!.at))
      const first = next - part.length
      const arrivals = part.map(({ raw, at }, i) => ({ raw, at: new Date(at), startedMs: 0, ordinal: first + i }))
      const eventResults = await line.run(arrivals)
      const refused = eventResults.find(eventResult => eventResult.status === 'rejected')
      if (refused !== undefined) throw new Error(`${world.name}: ${JSON.stringify(refused)}`)
    }
    line.setClock(new Date(night))
    // A world that changes is not learned anew afterwards: it is the tripwire that is put to the test.
    if (refitDays.has(day) && (world.changesOn === null || day < world.changesOn)) {
      const verdict = await line.learn(new Date(night), undefined)
      if (verdict !== null && verdict !== 'not_worth_it' && verdict.accepted) refits++
    }
    await line.look(new Date(night))
    nights.push(await nightOf(app, tenant, day, new Date(night)))
  }
  return { tenant, truths, refits, nights }
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
