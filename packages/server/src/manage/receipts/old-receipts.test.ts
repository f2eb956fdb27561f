import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Json, JsonObject } from '@surety/contract'

// Receipts that were given out while records were of format 1: made by the code of then, never made anew.
const file = new URL('../../../../../tests/fixtures/record-1/receipts.json.gz', import.meta.url)
const script = fileURLToPath(new URL('../../../../../bin/verify-receipt.mjs', import.meta.url))
const old: { publicKey: string; heads: Json; receipts: JsonObject[] } = JSON.parse(
  gunzipSync(await readFile(file)).toString('utf8'),
)
const recordOf = (receipt: JsonObject) => receipt['record'] as JsonObject

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'surety-old-receipts-'))
  await writeFile(join(folder, 'key.txt'), old.publicKey)
  await writeFile(join(folder, 'heads.json'), JSON.stringify(old.heads))
})
after(() => rm(folder, { recursive: true, force: true }))

async function verify(receipt: JsonObject): Promise<{ status: number | null; out: string }> {
  const path = join(folder, 'receipt.json')
  await writeFile(path, JSON.stringify(receipt))
  const given = ['--key', join(folder, 'key.txt'), '--heads', join(folder, 'heads.json')]
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, path, ...given], { encoding: 'utf8' })
  return { status, out: stdout + stderr }
}

test('every receipt that was given out in format 1 holds, of both pods, with acts, audits and questions', async () => {
  const records = old.receipts.map(recordOf)
  assert.ok(records.length >= 10)
  assert.deepEqual([...new Set(records.map(record => record['pod']))].sort(), ['customer-ops', 'table'])
  for (const column of ['automatic', 'audited'])
    assert.deepEqual(new Set(records.map(record => record[column])), new Set([true, false]), column)
  for (const receipt of old.receipts) {
    assert.equal(receipt['format'], 'surety.receipt/1')
    const { status, out } = await verify(receipt)
    assert.equal(status, 0, out)
    assert.match(out, /The receipt holds\.\n$/)
  }
})

test('a receipt as an answer carries it is checked like the receipt alone', async () => {
  const [receipt] = old.receipts
  const answer = (data: JsonObject) => verify({ ok: true, request_id: 'r1', data })
  assert.equal((await answer(receipt!)).status, 0)
  const changed = await answer({ ...receipt, record: { ...recordOf(receipt!), threshold: 0.1 } })
  assert.deepEqual([changed.status, /does not have the digest/.test(changed.out)], [1, true])
})

test('one of them that was changed does not hold, nor one that says it is of the other format', async () => {
  const [receipt] = old.receipts
  assert.ok(receipt)
  const record = recordOf(receipt)
  const ofSecond = { question: 'main', question_subject: '', acting_version: null, kappa_act: null, kappa_clear: null }
  const rest = { audit_coin: null, predictions_digest: null, findings_digest: null }
  const changed: [JsonObject, RegExp][] = [
    [{ ...receipt, record: { ...record, threshold: 0.1 } }, /does not have the digest/],
    [{ ...receipt, record: { ...record, audit_coin: 0.5 } }, /and no others/],
    [{ ...receipt, format: 'surety.receipt/2' }, /and no others/],
    [
      { ...receipt, format: 'surety.receipt/2', record: { ...record, ...ofSecond, ...rest } },
      /does not have the digest/,
    ],
    [{ ...receipt, format: 'surety.receipt/3' }, /neither surety\.receipt\/1 nor/],
  ]
  for (const [one, says] of changed) {
    const { status, out } = await verify(one)
    assert.equal(status, 1, out)
    assert.match(out, says)
  }
})
