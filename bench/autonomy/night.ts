import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rng, sigmoid } from '@surety/stats'
import { pino } from 'pino'
import { openHistory } from '../../packages/server/src/app/history.ts'
import { openHistoryWorld } from '../../packages/server/src/app/history-world.ts'
import { openApp } from '../../packages/server/src/app.ts'
import { buildConfig } from '../../packages/server/src/config/config.ts'
import { runDirectly } from '../../packages/server/src/runtime/run-task.ts'
import { migrate } from '../../packages/server/src/store/migrate.ts'
import { saveSettings } from '../../packages/server/src/store/replay-settings.ts'
import { freshDatabase } from '../line/fresh-database.ts'
import { type Took, timedOn } from './processors.ts'

const tenants = 20
const rowsPerDay = 150
/** Nights on which a model is learned; on the last one it is only looked. */
const learnedOn: ReadonlySet<number> = new Set([4, 8])
const days = 12
const dayMs = 86_400_000
const start = Date.UTC(2026, 0, 1)
const barMs = 1000
const columns = ['x1', 'x2', 'x3'].map(name => ({ name, kind: 'numeric' as const }))

/** Twenty tenants that decide 150 cases a day: what the looks of one night take, a day of labels counted. @returns was the bar met? */
export async function nightBar(): Promise<boolean> {
  await using place = await freshDatabase(process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432')
  await migrate({ url: place.url })
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-bench-night-'))
  try {
    const history = openHistory({ start: new Date(start), receipts: true, monotonicMs: () => performance.now() })
    const names = Array.from({ length: tenants }, (_, i) => `tenant-${i}`)
    const config = buildConfig({
      DATABASE_URL: place.url,
      DATA_DIR: dataDir,
      TENANT: 'tenant-0',
      PODS: 'table',
      MODEL_PATH: '/nowhere/no-model.json',
      MIN_AUC: '0.55',
    })
    await using app = await openApp(config, { history, logger: pino({ level: 'silent' }) })
    const lines: Awaited<ReturnType<typeof openHistoryWorld>>[] = []
    for (const tenant of names) {
      await app.db.transaction([tenant], handle =>
        saveSettings(
          handle,
          tenant,
          { pod: 'table', question: 'main' },
          {
            policy: { columns, known_later: [] },
            autonomy: { actions: { yes: { alpha: 0.1 }, no: { alpha: 0.08 } } },
          },
        ),
      )
      await app.models.cover(tenant)
      lines.push(await openHistoryWorld({ app, history, pod: 'table', tenant, seed: tenant, resumable: false }))
    }
    const draw = rng('night of twenty tenants')
    let took: Took = { nodeMs: 0, postgresMs: 0, wallMs: 0 }
    for (let day = 0; day < days; day++) {
      const night = new Date(start + (day + 1) * dayMs + 3 * 3_600_000)
      for (const [i, line] of lines.entries()) {
        const events = dayOf(names[i]!, day, draw)
        history.setClock(new Date(start + (day + 1) * dayMs))
        await line.run(
          events.map(({ at, raw }, k) => ({ raw, at: new Date(at), startedMs: 0, ordinal: day * 10_000 + k })),
        )
      }
      history.setClock(night)
      if (learnedOn.has(day)) for (const line of lines) await line.learn(night, undefined)
      // As the server does once an hour.
      took = await timedOn(place.url, async () => {
        await runDirectly(app.looks, night, async () => names)
        for (const tenant of names) await app.core.active.refresh(tenant)
      })
    }
    const met = took.wallMs < barMs
    const certificates = await place.count('surety.certificates')
    console.log(
      `| the looks of a night, ${tenants} tenants, ${rowsPerDay} new labels each (${certificates} certificates so far) | ${(1000 * took.wallMs).toFixed(0)} | ${1000 * barMs} | ${met ? 'met' : 'NO'} |`,
    )
    const [node, postgres] = [took.nodeMs.toFixed(0), took.postgresMs.toFixed(0)]
    console.log(`\nOf processors these looks took ${node} ms of Node and ${postgres} ms of the database.`)
    return met
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Its cases in the first half of a day and their outcomes in the second, by time. */
function dayOf(tenant: string, day: number, draw: ReturnType<typeof rng>) {
  const from = start + day * dayMs
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - draw.uniform())) * Math.cos(2 * Math.PI * draw.uniform())
  const cases = Array.from({ length: rowsPerDay }, (_, i) => {
    const x = [normal(), normal(), normal()]
    const label = draw.uniform() < sigmoid(-0.6 + 2.5 * x[0]! + x[1]!) ? 1 : 0
    return { id: `${day}-${i}`, x, label, at: from + Math.floor((i * dayMs) / (2 * rowsPerDay)) }
  })
  const asked = cases.map(({ id, x, at }) => ({
    at,
    raw: {
      tenant,
      kind: 'row.recorded',
      eventId: `row-${id}`,
      caseId: id,
      data: { row_id: id, columns: { x1: x[0]!, x2: x[1]!, x3: x[2]! } },
    },
  }))
  const told = cases.map(({ id, label, at }) => ({
    at: at + dayMs / 2,
    raw: {
      tenant,
      kind: 'row.outcome',
      eventId: `outcome-${id}`,
      quality: 'human' as const,
      data: { row_id: id, label, source: 'imported' },
    },
  }))
  return [...asked, ...told]
}
