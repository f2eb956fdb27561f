import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { canonical, type Role } from '@surety/contract'
import type { UnsignedModel } from '../../model/artefact.ts'
import { modelDigest } from '../../model/digest.ts'
import { exampleModel } from '../../model/example-model.ts'
import { makeSigningKey, signModel } from '../../model/signature.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import type { ModelsDeps } from './deps.ts'
import { caller, code, openReplica } from './testing/replica.ts'

const database = await openTestDatabase()
const { db } = database
after(() => database[Symbol.asyncDispose]())

const { key } = makeSigningKey()
const version = 1_730_483_820
let clock = version * 1000
const now = () => {
  clock += 1000
  return new Date(clock)
}
let tenants = ['acme']
const asOwner = (text: string, values: readonly unknown[] = []) =>
  db.transaction(['*'], handle => handle.query(text, [...values]))
beforeEach(async () => {
  await asOwner('delete from models')
  await asOwner('delete from active_models')
  tenants = ['acme']
})

const replica = (learner?: ModelsDeps['learner']) =>
  openReplica({
    db,
    now,
    key,
    floor: 0.65,
    modelPath: null,
    tenants: async () => tenants,
    ...(learner === undefined ? {} : { learner }),
  })

/** Training that ends with this model refused. */
const refusing = (model: UnsignedModel): ModelsDeps['learner'] => {
  const segments = 'Too weak in tenant borg (AUC 0.520, 70 cases); 0.55 is needed.'
  const checks = [
    { name: 'champion', passed: false, sentence: 'Not better.' },
    { name: 'segments', passed: false, value: 0.52, limit: 0.55, n: 70, sentence: segments },
  ]
  const verdict = { accepted: false, version: model.version, sentence: `Refused: Not better. ${segments}`, checks }
  return () => ({
    refresh: async () => ({ labels: 900, waiting: 0, learnedUntil: null }),
    train: async () => ({ stopped: false, verdict, model, heldOut: [] }),
    history: async () => ({ stopped: false, history: null }),
    async [Symbol.asyncDispose]() {},
  })
}

test('a model that was refused serves by an admin with a reason, where it passes the gate of today', async () => {
  const named = { version: version + 9 }
  const here = replica(refusing(exampleModel(named)))
  const serving = { candidate: signModel(exampleModel(), key), minAuc: undefined, reason: undefined, requestId: 'r' }
  await here.models.reload(caller('operator'), serving)
  const answer = await here.models.retrain(caller('operator'), 'why', 'r')
  assert.equal(answer['accepted'], false)
  const kept = await here.models.kept('acme', named)
  assert.deepEqual([kept.accepted, kept.serves, kept.accepted_at, kept.auc], [false, false, null, 0.78])
  const card = await here.models.keptCard('acme', named)
  assert.deepEqual((card['integrity'] as { signature: string }).signature, 'none: it was refused')
  const activate = (role: Role, reason = 'the new region') => here.models.activate(caller(role), named, reason, 'r')
  await assert.rejects(activate('operator'), code('forbidden'))
  assert.equal((await here.models.status('acme')).version, version)
  assert.equal((await activate('admin')).version, named.version)
  const { rows } = await asOwner(`select action, reason from audit where tenant_id = '*' order by seq desc limit 1`)
  assert.deepEqual(rows, [{ action: 'model.activated', reason: 'the new region' }])
  const { verdict, accepted } = await here.models.keptVerdict('acme', named)
  assert.deepEqual(
    [accepted, verdict['accepted'], verdict['overruled_by'], verdict['min_auc'], verdict['refused_model']],
    [true, false, 'key:k1', 0.65, undefined],
  )
  const restarted = replica()
  await restarted.models.start()
  assert.equal((await restarted.models.status('acme')).version, named.version)
})

test('a refused model that was not trained here, or is too weak, is let in by nobody', async () => {
  const weak = { version: version + 9, metrics: { auc: 0.6, auc_ci: [0.52, 0.68] } } as const
  const here = replica(refusing(exampleModel(weak)))
  await here.models.retrain(caller('operator'), 'why', 'r')
  const activate = (belowFloor: boolean) => here.models.activate(caller('admin'), weak, 'why', 'r', belowFloor)
  await assert.rejects(activate(false), code('model_refused'))
  await assert.rejects(activate(true), code('model_refused'), 'it was never accepted below the floor')
  const forged = exampleModel({ version: version + 10, intercept: 9 })
  await asOwner('update models set version = $1, artefact = $2, digest = $3', [
    forged.version,
    canonical(forged),
    modelDigest(forged),
  ])
  const named = { version: forged.version }
  await assert.rejects(here.models.activate(caller('admin'), named, 'why', 'r'), code('model_refused'))
  assert.equal((await here.models.status('acme')).loaded, false)
})

test('the verdict on a model that tenants share names none of them to another', async () => {
  const named = { version: version + 9 }
  const here = replica(refusing(exampleModel(named)))
  await here.models.retrain(caller('operator'), 'why', 'r')
  const text = async (tenant: string) => JSON.stringify((await here.models.keptVerdict(tenant, named)).verdict)
  assert.match(await text('acme'), /tenant borg/, 'there is no other tenant yet')
  tenants = ['acme', 'borg']
  assert.doesNotMatch(await text('acme'), /borg|0\.52/)
  assert.match(await text('acme'), /Refused: Not better\. Too weak in a segment\./)
  assert.match(await text('*'), /tenant borg/)
})
