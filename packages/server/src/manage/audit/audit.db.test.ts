import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import pg from 'pg'
import { makeSigningKey } from '../../model/signature.ts'
import { signerOf } from '../../model/signer.ts'
import { appendAudit, signedAuditHeads } from '../../store/audit.ts'
import { clientConfig } from '../../store/db.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { checkAndSign } from './check-and-sign.ts'
import { auditKeys } from './open-audit.ts'
import { auditHeads, readAuditHeads } from './saved-heads.ts'
import { signHead } from './signed-head.ts'
import { type AuditProof, verifyAudit } from './verify-audit.ts'

const database = await openTestDatabase({ poolSize: 4 })
const { db } = database
// The intruder is a superuser: row-level security leaves our own role no way to change an entry.
const intruder = new pg.Client(clientConfig(database.address, null))
await intruder.connect()
after(async () => {
  await intruder.end()
  await database[Symbol.asyncDispose]()
})

const at = new Date('2026-03-01T10:00:00.123Z')
const append = (tenant: string, action: string) =>
  db.transaction([tenant], handle =>
    appendAudit(handle, {
      tenant,
      at,
      actor: 'key:k',
      action,
      reason: 'test',
      after: { n: 1 },
      detail: { b: 1, a: [2.5] },
    }),
  )
const verify = (proof?: AuditProof) => db.read(['acme'], handle => verifyAudit(handle, 'acme', proof))
const own = makeSigningKey()
const keys = auditKeys(own.text, '')
const sign = (signedAt = at) => checkAndSign(db, 'acme', keys, signedAt)
const signedHeads = () => db.read(['acme'], handle => signedAuditHeads(handle, 'acme'))

beforeEach(async () => {
  await intruder.query(`truncate audit, audit_heads, audit_signed_heads`)
  for (let n = 1; n <= 5; n++) await append('acme', `deed.${n}`)
})

test('an untouched chain verifies, and an empty one too', async () => {
  const verdict = await verify()
  assert.ok(verdict.ok)
  assert.equal(verdict.head.length, 5)
  assert.equal((await db.transaction(['nobody'], handle => verifyAudit(handle, 'nobody'))).ok, true)
})

test('entries written at the same time form one chain', async () => {
  await Promise.all(Array.from({ length: 12 }, (_, n) => append('acme', `together.${n}`)))
  const verdict = await verify()
  assert.ok(verdict.ok)
  assert.equal(verdict.head.length, 17)
})

test('a deed that is rolled back leaves no entry and no gap', async () => {
  const failing = db.transaction(['acme'], async handle => {
    await appendAudit(handle, { tenant: 'acme', at, actor: 'x', action: 'undone' })
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  await append('acme', 'next')
  assert.ok((await verify()).ok)
})

const tampering: readonly [string, string, number][] = [
  ['an edited entry', `update audit set detail = '{"a":[2.5],"b":2}' where seq = 3`, 3],
  ['an edited time', `update audit set at = at + interval '1 ms' where seq = 2`, 2],
  ['a deletion in the middle', `delete from audit where seq = 4`, 4],
  ['a deletion at the tail', `delete from audit where seq > 3`, 4],
  ['a deletion of everything', `delete from audit`, 1],
  [
    'two entries that changed places',
    `update audit set seq = case seq when 2 then 3 when 3 then 2 else seq end + 100; update audit set seq = seq - 100`,
    2,
  ],
  ...[
    `actor = 'key:other'`,
    `action = 'other'`,
    `reason = null`,
    `before_digest = ''`,
    `after_digest = null`,
    `request_id = 'R'`,
    `previous_hash = sha256('x')`,
  ].map((change): [string, string, number] => [
    `an entry of which ${change.split(' ')[0]} was changed`,
    `update audit set ${change} where seq = 3`,
    3,
  ]),
  ['a stored head that was moved', `update audit_heads set length = 4`, 5],
]
for (const [what, sql, seq] of tampering)
  test(`${what} is found at its place`, async () => {
    await intruder.query(sql)
    const verdict = await verify()
    assert.equal(verdict.ok, false)
    assert.equal(verdict.ok ? null : verdict.seq, seq)
  })

/** As somebody with all rights on the database: chain and stored head fit together again. */
async function writeAnew(count: number): Promise<void> {
  await intruder.query(`truncate audit, audit_heads`)
  for (let n = 1; n <= count; n++) await append('acme', `other.${n}`)
}
const whyNot = async (proof?: AuditProof): Promise<string> => {
  const verdict = await verify(proof)
  return verdict.ok ? 'it holds' : verdict.why
}

test('a log is signed where it has grown, and what came later is counted', async () => {
  await sign()
  const whole = await verify({ trusted: keys.trusted })
  assert.ok(whole.ok)
  assert.deepEqual([whole.head.length, whole.unsigned, whole.signedAt], [5, 0, at])
  await sign(new Date('2026-03-02T10:00:00Z'))
  assert.equal((await signedHeads()).length, 1, 'nothing was added, nothing is signed')
  await append('acme', 'later')
  const grown = await verify()
  assert.deepEqual(grown.ok && [grown.head.length, grown.unsigned], [6, 1])
  await sign(new Date('2026-03-02T10:00:00Z'))
  assert.deepEqual(
    (await signedHeads()).map(head => head.length),
    [5, 6],
  )
})

test('a log written anew, cut or emptied by somebody without the signing key is found by what was signed', async () => {
  await sign()
  await writeAnew(5)
  assert.match(await whyNot(), /^entry 5 is not the one that was signed at 2026-03-01T10:00:00.123Z/)
  await writeAnew(3)
  assert.equal(await whyNot(), 'the log had 5 entries when it was signed at 2026-03-01T10:00:00.123Z and ends after 3')
  await intruder.query(`truncate audit, audit_heads`)
  assert.match(await whyNot(), /and ends after 0$/)
  assert.equal((await sign()).ok, false)
  assert.equal((await signedHeads()).length, 1, 'what does not hold together is not signed')
})

test('heads of another key, and heads that nobody signed, do not hold', async () => {
  await sign()
  const other = signerOf(makeSigningKey().key)
  const [head] = await signedHeads()
  const forge = async (forged: { keyId: string; publicKey: Buffer; signature: Buffer }) =>
    intruder.query(`update audit_signed_heads set key_id = $1, public_key = $2, signature = $3`, [
      forged.keyId,
      forged.publicKey,
      forged.signature,
    ])
  await forge(signHead(head!, other))
  assert.match(
    await whyNot({ trusted: keys.trusted }),
    /^the head at entry 5 was signed with key [0-9a-f]{16}, which is not one of this installation/,
  )
  await forge({ ...head!, signature: Buffer.alloc(64) })
  assert.equal(await whyNot(), 'the signature of the head at entry 5 does not hold')
  const later = auditKeys(makeSigningKey().text, own.key.publicText)
  await forge(head!)
  assert.ok((await verify({ trusted: later.trusted })).ok, 'a key of before that is listed is believed')
})

test('whoever has the signing key, or empties everything, is found by heads that were saved', async () => {
  const { heads, broken } = await auditHeads(db, keys, ['acme', 'nobody'], at)
  assert.deepEqual(
    [heads.map(({ tenant, length }) => [tenant, length]), broken],
    [[['acme', 5]], []],
    'a log without an entry has no head',
  )
  const saved = readAuditHeads(JSON.stringify({ audit: heads }))
  await append('acme', 'later')
  assert.ok((await verify({ saved })).ok, 'a saved head still holds after the log has grown')

  await intruder.query(`truncate audit, audit_heads, audit_signed_heads`)
  assert.equal((await verify()).ok, true, 'nothing in the database knows of it')
  assert.match(await whyNot({ saved }), /^the log had 5 entries when it was signed at .* and ends after 0$/)
  await writeAnew(7)
  await sign()
  assert.equal((await verify({ trusted: keys.trusted })).ok, true, 'it was signed with the right key')
  assert.match(await whyNot({ saved }), /^entry 5 is not the one whose head was saved/)
})

test('of a log that does not hold together the head of before is given, and where it is broken', async () => {
  await sign()
  await append('acme', 'later')
  await intruder.query(`delete from audit where seq = 3`)
  const { heads, broken } = await auditHeads(db, keys, ['acme'], at)
  assert.deepEqual(
    heads.map(({ length }) => length),
    [5],
  )
  assert.deepEqual(broken, ['tenant acme, entry 3: entry 3 is missing'])
})

test('a file without heads of the audit log, or with one that was changed, is refused in a sentence', async () => {
  const { heads } = await auditHeads(db, keys, ['acme'], at)
  assert.throws(() => readAuditHeads('no JSON'), /not a file of heads/)
  assert.throws(() => readAuditHeads('{"format":"surety.heads/1","heads":[]}'), /holds no heads of the audit log/)
  for (const change of [{ length: 4 }, { hash: '00'.repeat(32) }, { tenant: 'other' }, { signed_at: 'never' }])
    assert.throws(
      () => readAuditHeads(JSON.stringify({ audit: [{ ...heads[0], ...change }] })),
      /was not signed by the key/,
      JSON.stringify(change),
    )
})

test('our own role can neither change nor delete an entry, nor see those of another tenant', async () => {
  const touched = await db.transaction(['acme'], async handle => {
    const changed = await handle.query(`update audit set action = 'x'`)
    const deleted = await handle.query(`delete from audit`)
    return [changed.rowCount, deleted.rowCount]
  })
  assert.deepEqual(touched, [0, 0])
  const seen = await db.transaction(['borg'], handle => handle.query(`select seq from audit`))
  assert.equal(seen.rowCount, 0)
})

test('of the end of a log what is walked is whole, and before it every entry that a head was signed at', async () => {
  await intruder.query('truncate audit, audit_heads, audit_signed_heads')
  await append('acme', 'deed.1')
  await append('acme', 'deed.2')
  await sign()
  for (let n = 3; n <= 6; n++) await append('acme', `deed.${n}`)
  const ends = async (statement: string) => {
    await intruder.query(statement)
    return verify({ last: 2 })
  }
  assert.ok((await verify({ last: 2 })).ok)
  // Nobody signed it alone: that it was changed shows in a walk over all.
  const unseen = await ends(`update audit set action = 'x' where seq = 3`)
  assert.ok(unseen.ok)
  assert.equal((await verify()).ok, false)
  const wrong = async (statement: string, seq: number, why: RegExp) => {
    const verdict = await ends(statement)
    assert.ok(!verdict.ok)
    assert.equal(verdict.seq, seq)
    assert.match(verdict.why, why)
  }
  await wrong(`update audit set hash = sha256('x') where seq = 2`, 2, /not the one that was signed/)
  await wrong(
    `update audit_signed_heads set signed_at = signed_at + interval '1 day'; update audit a set hash = h.hash
    from audit_signed_heads h where a.seq = 2`,
    2,
    /signature of the head at entry 2 does not hold/,
  )
  await wrong('delete from audit where seq = 4', 4, /entry 4 is missing/)
})

test('the log of one tenant is not that of another', async () => {
  await intruder.query(`update audit set tenant_id = 'borg'; update audit_heads set tenant_id = 'borg'`)
  const verdict = await db.read(['borg'], handle => verifyAudit(handle, 'borg'))
  assert.deepEqual(verdict, { ok: false, seq: 1, why: 'entry 1 was changed' })
})

test('heads of other tenants in the same file say nothing of a log', async () => {
  for (let n = 1; n <= 5; n++) await append('borg', `deed.${n}`)
  const { heads } = await auditHeads(db, keys, ['acme', 'borg'], at)
  assert.ok((await verify({ saved: readAuditHeads(JSON.stringify({ audit: heads })) })).ok)
})
