import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject, Pod, RawEvent } from '@surety/contract'
import { pino } from 'pino'
import { heating } from '../../../../tests/thermostats/pod.ts'
import { type App, openApp } from '../app.ts'
import { buildConfig } from '../config/config.ts'
import type { Env } from '../config/env.ts'
import { exampleModel } from '../model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from '../model/signature.ts'
import { installed } from '../pods.ts'
import { atTheStart } from '../replay/checkpoint.ts'
import { replayHistory } from '../replay/replay-history.ts'
import type { HistoryItem } from '../replay/world.ts'
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts'
import { leadOf, letAct, outcomeOf } from '../testing/acting-core.ts'
import { fitThermostats } from '../testing/fit-thermostats.ts'
import { urlOf } from '../testing/start-world.ts'
import { openHistory } from './history.ts'
import { openHistoryWorld } from './history-world.ts'

const { text: signingText } = makeSigningKey()
const start = Date.parse('2027-03-01T09:00:00Z')
const minute = 60_000

interface Pushing {
  readonly pod: string
  readonly pods?: readonly Pod[]
  readonly items: readonly HistoryItem[]
  readonly batchSize: number
  readonly env?: Env
  prepare(app: App): Promise<void>
}

/** Pushes a history through a Surety of its own, and hands out what it left there. */
async function push<T>(
  { pod, pods = installed.pods, items, batchSize, env = {}, prepare }: Pushing,
  found: (app: App, database: TestDatabase, goLive: () => Promise<void>) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase())
  const dataDir = await mkdtemp(join(tmpdir(), 'surety-pushed-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const monotonicMs = () => performance.now()
  const history = openHistory({ start: new Date(start), receipts: false, monotonicMs })
  const config = buildConfig({
    DATABASE_URL: urlOf(database.address),
    DATA_DIR: dataDir,
    TENANT: 'acme',
    ...env,
    MODEL_SIGNING_KEY: signingText,
    // Draws are those of this key, the same in each run.
    PII_KEY: Buffer.alloc(32, 7).toString('base64'),
  })
  const app = stack.use(await openApp(config, { history, pods, logger: pino({ level: 'silent' }) }))
  await prepare(app)
  const world = await openHistoryWorld({ app, history, pod, tenant: 'acme', seed: 1, resumable: false })
  async function* source() {
    yield { items, share: 1 }
  }
  const { finished } = await replayHistory(source(), world, {
    from: atTheStart('f'),
    monotonicMs,
    startedMs: monotonicMs(),
    batchSize,
  })
  assert.ok(finished)
  return await found(app, database, async () => {
    history.end()
    await app.goLive()
  })
}

// biome-ignore lint/suspicious/noExplicitAny: rows of many tables
const rowsOf = async (app: App, text: string): Promise<any[]> =>
  (await app.db.read(['acme'], db => db.query(text))).rows

const at = (minutes: number): number => start + minutes * minute
const answers = (raw: RawEvent, id: string): RawEvent => ({ ...raw, eventId: id })

/** A lead every seven minutes, answered after 40 minutes, which would call off what was not done by then. */
const leads: readonly HistoryItem[] = Array.from({ length: 60 }, (_, n) => ({
  at: at(7 * n),
  answerAt: at(7 * n + 40),
  row: n + 1,
  ask: leadOf('acme', `L${n}`),
  answer: answers(outcomeOf('acme', `L${n}`), `o${n}`),
}))

/** Every lead has p = .85, and the machine writes to them by the plain rule. */
async function letWrite(app: App): Promise<void> {
  const actor = { kind: 'key', tenant: '*', keyId: 'test', role: 'admin', name: 'test', limits: {} } as const
  const model = signModel(exampleModel({ intercept: Math.log(0.85 / 0.15) }), readSigningKey(signingText))
  const { accepted } = await app.models.service.reload(actor, {
    candidate: model,
    minAuc: undefined,
    reason: 'test',
    requestId: 'test',
  })
  assert.ok(accepted)
  await letAct(app.db, 'acme')
}

test('what a history decides to do is done at its moment, before an answer calls it off, however its batches are cut', async () => {
  const pushed = (batchSize: number) =>
    push({ pod: 'customer-ops', items: leads, batchSize, prepare: letWrite }, async app => {
      const waited = await rowsOf(app, `select case_id from inbox`)
      assert.deepEqual(waited, [], 'nobody works an inbox of a history')
      const sent = await rowsOf(app, 'select case_id, recorded_at from outbox')
      assert.ok(sent.length > 50, `${sent.length} messages`)
      for (const { case_id, recorded_at } of sent) {
        const after = (recorded_at.getTime() - at(7 * Number(case_id.slice(1)))) / minute
        assert.ok(after >= 0 && after < 40, `${case_id} was written to after ${after} minutes`)
      }
      return {
        decisions: await rowsOf(
          app,
          'select decision_id, event_id, case_id, recorded_at, state, reason, audit_coin from decisions order by recorded_at, decision_id',
        ),
        acts: await rowsOf(app, 'select decision_id, case_id, step, state, reason from acts order by 1, 3'),
        sent: sent.map(({ case_id }) => case_id).sort(),
      }
    })
  const whole = await pushed(300)
  assert.deepEqual(await pushed(4), whole)
  assert.deepEqual(
    whole.acts.filter(({ state }) => state !== 'done'),
    [],
  )
})

test('once a history is over the same line is a live one: what asks gets a place, and what is due is done by itself', async () => {
  await push(
    { pod: 'customer-ops', items: leads.slice(0, 3), batchSize: 10, prepare: letWrite },
    async (app, _, goLive) => {
      await goLive()
      const now = app.now()
      assert.ok(now.getTime() >= leads[2]!.answerAt)
      await app.db.transaction(['acme'], db =>
        db.query(`update action_states set mode = 'asking' where tenant_id = 'acme'`),
      )
      await app.core.active.refresh('acme')
      const asked = await app.intake.submit(leadOf('acme', 'late'))
      assert.equal(asked.status, 'recorded')
      assert.equal((await rowsOf(app, `select from inbox where case_id = 'late'`)).length, 1)
      const nobody = await app.intake.submit(answers(outcomeOf('acme', 'nowhere'), 'x'))
      assert.equal(nobody.status === 'rejected' && nobody.code, 'case_not_found')
      const tasks = await rowsOf(app, `select task from task_runs where task = 'retention'`)
      assert.equal(tasks.length, 1)
    },
  )
})

test('silence speaks in a history too: ticks come at their slots, judging as of them, however its batches are cut', async () => {
  const reading = (code: string, minutes: number, n: number): HistoryItem => ({
    at: at(minutes),
    answerAt: at(minutes),
    row: n,
    ask: { tenant: 'acme', kind: 'thermostat.reading', eventId: `${code}/${minutes}`, data: { code, celsius: 20 } },
    answer: null,
  })
  // One falls silent after an hour, the other speaks for three.
  const items = Array.from({ length: 60 }, (_, n) => n * 3 + 1)
    .flatMap(minutes => [
      ...(minutes <= 61 ? [reading('T1', minutes, 2 * minutes)] : []),
      reading('T2', minutes + 1, 2 * minutes + 1),
    ])
    .toSorted((a, b) => a.at - b.at)
  const pushed = (batchSize: number) =>
    push(
      {
        pod: 'heating',
        pods: [...installed.pods, heating],
        items,
        batchSize,
        prepare: app => fitThermostats(app.db, 'acme', ['T1', 'T2']),
      },
      app =>
        rowsOf(
          app,
          `select event_id, measured, occurred_at, recorded_at - occurred_at as after from evaluations
            where code = 'SILENT' and fired order by occurred_at, event_id`,
        ),
    )
  const found = await pushed(300)
  assert.ok(found.length > 0)
  const [first] = found
  assert.deepEqual(
    [first.event_id, first.measured, first.after.seconds],
    ['tick.thermostat:T1:2027-03-01T10:40:00.000Z', 39, 30],
  )
  assert.deepEqual(await pushed(3), found)
})

const dayMs = 86_400_000
/** Every budget equally often, in no order: much money books within three days, little never does, and in between nobody knows. */
const budgetOf = (n: number): number => (n * 37) % 100
const books = (n: number): boolean => (budgetOf(n) >= 40 && budgetOf(n) < 75 ? n % 2 === 0 : budgetOf(n) >= 75)
const onlyBooked: readonly HistoryItem[] = Array.from({ length: 1_000 }, (_, n) => {
  const lead = leadOf('acme', `B${n}`)
  const asked = start + n * (dayMs / 12)
  return {
    at: asked,
    answerAt: asked + 3 * dayMs,
    row: n + 1,
    ask: { ...lead, data: { ...(lead.data as JsonObject), attributes: { budget: budgetOf(n) } } },
    answer: books(n) ? answers(outcomeOf('acme', `B${n}`), `b${n}`) : null,
  }
})

async function declareBudget(app: App): Promise<void> {
  const actor = { kind: 'key', tenant: 'acme', keyId: 'test', role: 'admin', name: 'test', limits: {} } as const
  const value = { attributes: [{ name: 'budget', kind: 'numeric' }] }
  await app.settings.put(actor, { pod: 'customer-ops', name: 'attributes' }, value, true, 'test')
}

test('where only bookings are ever reported, silence settles the rest, models learn and a certificate is earned', async () => {
  const pushed = (env: Env) =>
    push({ pod: 'customer-ops', items: onlyBooked, batchSize: 300, env, prepare: declareBudget }, async app => ({
      said: await rowsOf(
        app,
        `select outcome, label, source, quality, count(*)::int as n,
          count(*) filter (where o.recorded_at - d.recorded_at between interval '30 days' and interval '30 days 1 hour')::int as in_time
          from outcomes o join decisions d using (case_id) group by 1, 2, 3, 4 order by 1`,
      ),
      certificates: await rowsOf(app, 'select action, document from certificates order by issued_at'),
      models: await rowsOf(app, 'select version from models where accepted'),
    }))
  const settled = await pushed({})
  const [booked, ghosted] = settled.said
  assert.deepEqual(settled.said.length, 2)
  assert.deepEqual([booked.outcome, booked.label, booked.source], ['booked', 1, 'reported'])
  assert.deepEqual(
    [ghosted.outcome, ghosted.label, ghosted.source, ghosted.quality],
    ['ghosted', 0, 'window', 'silence'],
  )
  assert.equal(ghosted.in_time, ghosted.n, 'each was told at the first sweep after its 30 days')
  assert.ok(settled.models.length > 0)
  assert.ok(settled.certificates.length > 0, 'no certificate was earned')
  const never = await pushed({ OUTCOME_WINDOW_DAYS: '0' })
  assert.deepEqual(
    [never.said.length, never.certificates.length],
    [1, 0],
    'without silence nothing is ever known of the rest',
  )
})
