import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { questionOf } from '@surety/contract'
import { heating } from '../../../tests/thermostats/pod.ts'
import { installed } from './pods.ts'
import { budgetSetting } from './replay/budget-setting.ts'
import { startWorld } from './testing/start-world.ts'

/** Alerts of the thermostats can be acted on and not dismissed by the machine. */
const world = await startWorld({ pods: [...installed.pods, heating] })
after(() => world[Symbol.asyncDispose]())
const admin = await world.key('admin')
const place = 'pod=heating&question=real'

test('the overview, the settings and the gauges show the side that there is, and nothing of the other', async () => {
  const { data } = await world.call(`/ops/autonomy?${place}`)
  assert.deepEqual(
    data.pods.map(({ actions }: { actions: { action: string; side: string }[] }) =>
      actions.map(({ action, side }) => `${side} ${action}`),
    ),
    [['act send_engineer']],
  )
  const setting = await world.call(`/ops/settings/autonomy?${place}`, { key: admin })
  assert.deepEqual(Object.keys(setting.data.value.actions), ['send_engineer'])
  const { text } = await world.call('/metrics')
  const shown = text.match(/^autonomy_certified\{pod="heating",question="real".*$/gm)
  assert.deepEqual(shown, ['autonomy_certified{pod="heating",question="real",action="send_engineer"} 0'])
  for (const path of [`/v1/calibration?${place}`, `/ops/autonomy?pod=heating`])
    assert.equal((await world.call(path, { key: admin })).status, 200, path)
})

test('what there is no side for cannot be set: no budget, no mode, no arming, no budget of a replay', async () => {
  const put = (actions: object) =>
    world.call(`/ops/settings/autonomy?${place}&apply=true`, { key: admin, method: 'PUT', body: { actions } })
  const refused = await put({ dismiss: { alpha: 0.1 } })
  assert.equal(refused.status, 422, refused.text)
  assert.deepEqual(refused.body.errors[0], {
    path: 'actions.dismiss',
    code: 'unknown',
    message: 'the actions are send_engineer',
  })
  assert.equal((await put({ send_engineer: { miss_budget: 0.1 } })).status, 422)
  assert.equal((await put({ send_engineer: { alpha: 0.2 } })).status, 200)
  const body = { pod: 'heating', question: 'real', reason: 'test' }
  for (const [path, of] of [
    ['/ops/mode', { action: 'dismiss', mode: 'stopped' }],
    ['/ops/autonomy/rearm', { action: 'dismiss' }],
  ] as const) {
    const answer = await world.call(path, { key: admin, body: { ...body, ...of } })
    assert.equal(answer.status, 422, answer.text)
  }
  const all = await world.call('/ops/mode', { key: admin, body: { ...body, action: '*', mode: 'acting' } })
  assert.deepEqual(
    all.data.items.map(({ action, mode }: { action: string; mode: string }) => `${action} ${mode}`),
    ['send_engineer acting'],
  )
  assert.throws(
    () => budgetSetting(questionOf(heating, 'real'), [{ action: 'dismiss', alpha: 0.1, delta: null }]),
    /--budget dismiss: the pod heating has the action send_engineer\./,
  )
})
