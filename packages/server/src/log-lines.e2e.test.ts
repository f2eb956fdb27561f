import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { lines } from './log/catalogue.ts'
import { exampleModel } from './model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from './model/signature.ts'
import { askForTask } from './store/tasks.ts'
import { startWorld } from './testing/start-world.ts'
import { openSuperuser } from './testing/superuser.ts'

interface Line {
  readonly event: string
  readonly level: number
  readonly [field: string]: unknown
}

test('what a service does and what goes wrong with it is in its log under the names that the page lists', async () => {
  const said: Line[] = []
  const onLine = (line: string) => void said.push(JSON.parse(line))
  const { text } = makeSigningKey()
  const env = { MODEL_SIGNING_KEY: text, PODS: 'customer-ops' }
  await using world = await startWorld({ env, onLine, jobs: true })
  const named = (event: string): Line | undefined => said.find(line => line.event === event)
  const heard = async (event: string): Promise<Line> => {
    for (const end = performance.now() + 15_000; named(event) === undefined; await wait(20))
      assert.ok(performance.now() < end, `${event} in ${JSON.stringify(said)}`)
    return named(event)!
  }
  const run = async (task: string): Promise<void> => {
    await world.app.db.transaction([], handle => askForTask(handle, task, 'test', new Date()))
    world.app.tasks?.missed()
  }
  assert.deepEqual(named('service_started')?.['pods'], ['customer-ops'])

  const model = signModel(exampleModel({ version: 1730483820 }), readSigningKey(text))
  assert.equal((await world.call('/ops/reload-model', { body: model })).status, 200)
  const loaded = await heard('prediction_model_loaded')
  assert.deepEqual([loaded['pod'], loaded['version'], loaded['digest']], ['customer-ops', 1730483820, model.digest])
  assert.equal((await world.call('/ops/reload-model', { body: { ...model, version: 1 } })).status, 409)
  assert.equal((await heard('model_rejected'))['code'], 'digest_mismatch')

  await using superuser = await openSuperuser(world.database.address)
  await superuser.query(`update audit set actor = 'key:x' where tenant_id = 'acme' and seq = 1`)
  await run('audit-self-check')
  const broken = await heard('audit_broken')
  assert.deepEqual([broken.level, broken['tenant'], broken['seq']], [50, 'acme', 1])

  await superuser.query('alter table idempotency rename to elsewhere')
  await run('retention')
  const failed = await heard('task_failed')
  assert.deepEqual([failed.level, failed['task'], (failed['err'] as { code: string }).code], [50, 'retention', '42P01'])
  await superuser.query('alter table elsewhere rename to idempotency')

  for (const { event, msg } of said) assert.equal(msg, lines[event as keyof typeof lines]?.says, event)
})
