import assert from 'node:assert/strict'
import { createKey } from '../../packages/server/src/manage/keys/keys.ts'
import { exampleModel } from '../../packages/server/src/model/example-model.ts'
import { makeSigningKey, readSigningKey, signModel } from '../../packages/server/src/model/signature.ts'
import { auditOf } from '../../packages/server/src/store/audit.ts'
import type { Database, DbAddress } from '../../packages/server/src/store/db.ts'
import { letAct } from '../../packages/server/src/testing/acting-core.ts'
import { raised } from '../../packages/server/src/testing/start-world.ts'
import { tenant } from './day.ts'
import { type Installation, startProcess } from './process.ts'

const { text: signingKey } = makeSigningKey()

/** A database with a key, a model that serves, and actions that the machine may do. */
export async function install(db: Database, address: DbAddress, dataDir: string): Promise<Installation> {
  const env = { MODEL_SIGNING_KEY: signingKey, FOLLOWUP_RULE_TOP_P: '0.05', NIGHTLY_RETRAIN: 'true' }
  const by = { db, now: () => new Date(), audit: auditOf() }
  const { key } = await createKey(by, 'test', { tenant, role: 'admin', name: 'test', limits: raised, grants: ['pii'] })
  const installation = { address, dataDir, env, key }
  const first = await startProcess(installation)
  // Sure of short texts, and asks about long ones.
  const weights = { details_len: -3 }
  const model = exampleModel({ version: 1730483820, weights, metrics: { auc: 0.8, auc_ci: [0.7, 0.9], n_train: 523 } })
  const loaded = await first.call('POST', '/ops/reload-model', signModel(model, readSigningKey(signingKey)))
  assert.equal(loaded.status, 200, JSON.stringify(loaded))
  await letAct(db, tenant)
  first.kill()
  return installation
}
