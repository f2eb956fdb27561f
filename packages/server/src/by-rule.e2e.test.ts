import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { pod } from '@surety/contract'
import { failing, heating, real } from '../../../tests/thermostats/pod.ts'
import { installed } from './pods.ts'
import { linkWith, recordsOfTime } from './store/receipt-rows.ts'
import { startWorld } from './testing/start-world.ts'

/** Asked of the thermostats, and scored by how far they are above their target; what is above by more than a hundred breaks the rule. */
const ruled = pod({
  ...heating,
  questions: [
    {
      ...failing,
      rule: {
        version: 3,
        probability([excess]) {
          if (Number(excess) > 100) throw new Error('too hot to say')
          return Math.min(1, Math.max(0, Number(excess) / 10))
        },
      },
    },
    real,
  ],
})
const clock = new Date('2027-03-01T12:00:00Z')
const world = await startWorld({ pods: [...installed.pods, ruled], now: () => clock })
after(() => world[Symbol.asyncDispose]())
const admin = await world.key('admin')

let made = 0
const reading = (code: string, celsius: number, ago: number) => ({
  event_id: `r${made++}`,
  type: 'thermostat.reading',
  occurred_at: new Date(clock.getTime() - ago * 60_000).toISOString(),
  data: { code, celsius },
})
const send = async (body: unknown) => {
  const answer = await world.call('/v1/events', { body })
  assert.ok(answer.status < 300, answer.text)
  return answer.data
}
interface Shown {
  readonly id: string
  readonly question: string
  readonly state: string
  readonly reason: string
  readonly rule_version?: number
}
const ofFailing = (answer: { readonly decisions: readonly Shown[] }): Shown =>
  answer.decisions.find(({ question }) => question === 'failing') ?? assert.fail('it was not asked')
async function fit(code: string) {
  const value = { code, room: 'hall', target: 20, tags: [], fitted: null }
  const body = { value, effective_from: '2027-01-01T00:00:00Z' }
  assert.equal((await world.call('/v1/entities/thermostat?pod=heating', { body })).status, 200)
  await send([reading(code, 20, 60), reading(code, 20, 50)])
}
const stored = async (id: string) =>
  (
    await world.app.db.read(['acme'], db =>
      db.query(
        `select probability, model_version, model_digest, acting_version, features, certificate_id, automatic from decisions
          where tenant_id = 'acme' and decision_id = $1`,
        [id],
      ),
    )
  ).rows[0]

test('a rule says what is asked and what is recorded only, by the ask line; its version is stored, told and explained', async () => {
  await fit('A')
  const [low, high] = [ofFailing(await send(reading('A', 22, 40))), ofFailing(await send(reading('A', 26, 30)))]
  assert.deepEqual([low.state, low.reason, low.rule_version], ['logged', 'below_ask_line', 3])
  assert.deepEqual([high.state, high.reason, high.rule_version], ['queued', 'no_model', 3])
  const { features, ...row } = (await stored(high.id)) as { features: readonly number[] }
  assert.equal(features[0], 6)
  assert.deepEqual(row, {
    probability: 0.6,
    model_version: null,
    model_digest: null,
    acting_version: 3,
    certificate_id: null,
    automatic: false,
  })
  const { data } = await world.call(`/v1/decisions/${low.id}/explain`)
  assert.deepEqual([data.probability, data.decided.model_version, data.decided.rule_version], [0.2, null, 3])
  assert.equal(data.explanation.sentence, 'No model served: version 3 of the rule scored this case.')
  assert.deepEqual(data.would_flip.at(-1), 'An active model.')
})

test('no mode and no gate lets a rule act, and it earns no certificate', async () => {
  await fit('B')
  const set = await world.call('/ops/mode', {
    key: admin,
    body: { pod: 'heating', question: 'failing', action: '*', mode: 'acting', gate: 'threshold', reason: 'test' },
  })
  assert.equal(set.status, 200, set.text)
  const high = ofFailing(await send(reading('B', 29, 30)))
  assert.deepEqual([high.state, high.reason], ['queued', 'no_model'])
  assert.equal(((await stored(high.id)) as { automatic: boolean }).automatic, false)
  const { data } = await world.call('/ops/autonomy?pod=heating&question=failing')
  for (const { certificate, shortfall } of data.pods[0].actions)
    assert.deepEqual([certificate, shortfall.code], [null, 'no_model'])
})

test('a rule that throws costs its own decision its score, and leaves the others of its batch as they are', async () => {
  await fit('C')
  const { items } = await send([reading('C', 26, 40), reading('C', 130, 30), reading('C', 27, 20)])
  // Below the ask line is what has no probability: nobody is asked, and the reason is kept.
  assert.deepEqual(
    items.map((item: { decisions: Shown[] }) => `${ofFailing(item).state} ${ofFailing(item).reason}`),
    ['queued no_model', 'logged below_ask_line', 'suppressed duplicate'],
  )
  const { data } = await world.call(`/v1/decisions/${ofFailing(items[1]).id}/explain`)
  assert.equal(data.explanation.sentence, 'No model served: version 3 of the rule failed on this case.')
  assert.ok(data.why_not_automatic.some(({ code }: { code: string }) => code === 'error'))
  const { text } = await world.call('/metrics')
  assert.match(text, /^lead_pred_total\{result="error"\} 1$/m)
})

test('what a rule said is in the record that is digested, and a change of it by hand is found', async () => {
  await fit('D')
  const { id } = ofFailing(await send(reading('D', 27, 30)))
  const isHeld = () =>
    world.app.db.read(['acme'], async db => {
      const all = await recordsOfTime(db, 'acme', ['heating'], clock, new Date(clock.getTime() + 1000))
      const record = all.find(one => one.id === id) ?? assert.fail('it is not stored')
      return (await linkWith(db, 'acme', new Date(0), record.digest)) !== null
    })
  assert.equal(await isHeld(), true)
  await world.app.db.transaction(['acme'], db =>
    db.query(`update decisions set acting_version = 4 where tenant_id = 'acme' and decision_id = $1`, [id]),
  )
  assert.equal(await isHeld(), false)
})
