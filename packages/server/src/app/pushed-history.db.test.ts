import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawEvent } from '@surety/contract'
import { heating } from '../../../../tests/thermostats/pod.ts'
import type { App } from '../app.ts'
import { exampleModel } from '../model/example-model.ts'
import { signModel } from '../model/signature.ts'
import { installed } from '../pods.ts'
import type { HistoryItem } from '../replay/world.ts'
import { leadOf, letAct, outcomeOf } from '../testing/acting-core.ts'
import { fitThermostats } from '../testing/fit-thermostats.ts'
import { historyKey, push, rowsOf, startOfHistory } from '../testing/push-history.ts'

const minute = 60_000
const at = (minutes: number): number => startOfHistory + minutes * minute
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
  const model = signModel(exampleModel({ intercept: Math.log(0.85 / 0.15) }), historyKey)
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
    async (app, goLive) => {
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
