import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { learning } from '../../app/core.ts'
import { leadFeatures } from '../../model/example-model.ts'
import { makeSigningKey } from '../../model/signature.ts'
import { pods } from '../../pods.ts'
import { auditOf } from '../../store/audit.ts'
import type { Db } from '../../store/db.ts'
import { saveSchema } from '../../store/feature-schemas.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { openModels } from './open-models.ts'

const start = new Date('2026-02-01T00:00:00Z')
const at = new Date('2026-02-02T00:00:00Z')
const asker = { actor: 'system', reason: 'nightly', requestId: undefined }

/** Settled leads of one tenant, one a minute; whether they were booked follows their score. */
async function settledLeads(db: Db): Promise<void> {
  await saveSchema(db, { tenant: 'acme', pod: 'customer-ops', hash: 'h', specs: leadFeatures, at: start })
  await db.query('select setseed(0.5)')
  await db.query(`create temporary table given on commit drop as
    select 'L' || i as id, gen_random_uuid() as decision, random() as score, random() as luck,
      timestamptz '2026-02-01Z' + make_interval(mins => i) as at from generate_series(1, 900) i`)
  await db.query(`insert into event_keys select 'acme', id, id, 'lead.created', '', at, decision from given`)
  await db.query(`insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at,
      schema_hash, features, enrichment, probability, calibration_size, policy_version, threshold, action, mode, gate,
      automatic, propensity, state, reason, latency_us)
    select 'acme', decision, 'customer-ops', id, id, id, at, at, 'h',
      json_build_array(score, floor(luck * 200), 9, 'acme', 'quote', 'neutral', 'medium'), '{}', 0.5, 0, 1, 0.7,
      'start_followup', 'acting', 'certified', false, 1, 'queued', 'not_certified', 10 from given`)
  await db.query(`insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, occurred_at, recorded_at)
    select 'acme', 'o' || id, 'customer-ops', id, 'booked', (luck < 1 / (1 + exp(-6 * (score - 0.5))))::int, 'reported',
      at, at from given`)
}

// Before the rows are handed to the training it is the signal that ends it, from there on the training says so.
const ended = /stopped before it ended|operation was aborted/

test('a training that runs when the process stops ends without a verdict, and nothing serves or is written', async () => {
  await using database = await openTestDatabase({ poolSize: 4 })
  const { db } = database
  await db.transaction([], handle => ensurePartitions(handle, start, at))
  await db.transaction(['acme'], settledLeads)
  const stopping = new AbortController()
  let asked = () => {}
  const options = {
    db,
    pods,
    config: { minAuc: 0.65, modelPath: 'no-such-model.json', modelTrustedKeys: '' },
    secrets: { modelSigningKey: makeSigningKey().text },
    now() {
      asked()
      return at
    },
    audit: auditOf(),
  }
  const written = async () => {
    const { rows } = await db.transaction(['*'], handle =>
      handle.query<{ n: number }>(
        `select (select count(*) from models) + (select count(*) from active_models)
           + (select count(*) from audit where tenant_id = '*') as n`,
      ),
    )
    return rows[0]?.n
  }
  {
    await using models = await openModels({ ...options, metrics: new Registry(), signal: stopping.signal }, learning)
    // The last look at the clock comes just before the rows are handed to the training.
    asked = () => void setImmediate(() => stopping.abort())
    await assert.rejects(models.service.learn('*', asker), ended)
    await assert.rejects(
      models.retrainAll(new Date(), async work => {
        await work('*')
        return true
      }),
      { name: 'AbortError' },
    )
    assert.equal(models.registry.current('*'), null)
    assert.equal(await written(), 0)
  }
  {
    // A night that lost its lease to another process ends too, while its own process goes on.
    const lease = new AbortController()
    await using models = await openModels({ ...options, metrics: new Registry() }, learning)
    asked = () => void setImmediate(() => lease.abort())
    const night = models.retrainAll(
      new Date(),
      async work => {
        await work('*')
        return true
      },
      lease.signal,
    )
    await assert.rejects(night, ended)
    assert.equal(await written(), 0)
  }
  asked = () => {}
  await using models = await openModels({ ...options, metrics: new Registry() }, learning)
  assert.equal((await models.service.learn('*', asker))['accepted'], true)
})
