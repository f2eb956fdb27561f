import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { verifyReceipts } from './commands/receipt-tools.ts'
import { verifyAudit } from './manage/audit/verify-audit.ts'
import { maskEmail, maskName, maskPhone } from './manage/cases/mask.ts'
import { migrate } from './store/migrate.ts'
import {
  decisionColumns,
  decisionDigest,
  decisionFormats,
  outcomeFormats,
  type RecordRow,
  recordColumns,
  rowDigest,
} from './store/receipt-record.ts'
import type { TestDatabase } from './store/test-database.ts'
import {
  type FirstVersion,
  firstVersion,
  oldAnswers,
  oldProofs,
  openFirstVersion,
} from './testing/open-first-version.ts'
import { startWorld, type World } from './testing/start-world.ts'

// Data of version 0.1 are taken over whole: loaded as it left them, migrated, and read and gone on with by the present code.
let old: FirstVersion
let database: TestDatabase
let world: World
const clock = { now: new Date() }
const later = (seconds: number) => {
  clock.now = new Date(clock.now.getTime() + seconds * 1000)
}
const tenants = ['acme', 'globex', '*']
const rows = (sql: string, values: unknown[] = []) =>
  database.db.transaction(tenants, async db => (await db.query<{ [column: string]: unknown }>(sql, values)).rows)
const key = (name: string): string => {
  const found = old.keys[name]
  assert.ok(found, name)
  return found
}
const caseOf = (what: string): string => {
  const found = old.cases[what]
  assert.ok(found, what)
  return found
}
const call = (path: string, name = 'acme operator', more: object = {}) => world.call(path, { key: key(name), ...more })

test.before(async () => {
  old = await firstVersion()
  clock.now = new Date(old.now)
  database = await openFirstVersion()
})
test.after(async () => {
  await world?.[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Where the rows of a table of 0.1 are now, when not all of them in the table of that name. */
const movedTo: { readonly [table: string]: { readonly sql: string; readonly why: string } } = {}

test('every row of every table is there after the migrations', async () => {
  const files = () =>
    rows(`select relname, pg_relation_filenode(oid) as file from pg_class where relname like 'decisions_2%' order by 1`)
  const before = await files()
  await migrate(database.address)
  assert.ok(before.length >= 2)
  const known = new Set(before.map(one => one['relname']))
  const after = (await files()).filter(one => known.has(one['relname']))
  assert.deepEqual(after, before, 'no month of decisions is written anew, nor what found them')
  const tables = Object.entries(old.counts).filter(([table]) => table !== 'migrations')
  assert.ok(tables.length >= 35 && tables.filter(([, count]) => count > 0).length >= 30)
  for (const [table, count] of tables) {
    const sql = movedTo[table]?.sql ?? `select count(*)::int as n from ${table}`
    assert.deepEqual(await rows(sql), [{ n: count }], table)
  }
})

test('records of 0.1 have the digests they had: the fields of a format are frozen', async () => {
  const proofs = await oldProofs()
  assert.deepEqual(decisionFormats[1], { name: 'surety.record/1', fields: proofs.decisionFields })
  assert.deepEqual(outcomeFormats[1], { name: 'surety.outcome/1', fields: proofs.outcomeFields })
  const digestsNow = async (table: string, id: string, columns: string, digestOf: (row: RecordRow) => Buffer) => {
    const found = await rows(`select ${columns} from ${table} where ${id}::text = any ($1)`, [
      Object.keys(proofs.digests[table]),
    ])
    return Object.fromEntries(found.map(row => [String(row[id]), digestOf(row as RecordRow).toString('hex')]))
  }
  assert.ok(Object.keys(proofs.digests.decisions).length >= 20 && Object.keys(proofs.digests.outcomes).length >= 20)
  assert.deepEqual(
    await digestsNow('decisions', 'decision_id', decisionColumns, decisionDigest),
    proofs.digests.decisions,
  )
  // A later column that somebody fills in an old record is found, though the old format has no place for it.
  const [row] = (await rows(`select ${decisionColumns} from decisions limit 1`)) as unknown as [RecordRow]
  for (const change of [{ audit_coin: 0.5 }, { question: 'other' }, { question_subject: 'S' }, { record_format: 2 }])
    assert.notDeepEqual(decisionDigest({ ...row, ...change }), decisionDigest(row), JSON.stringify(change))
  const ofOutcome = (row: RecordRow) => rowDigest(outcomeFormats[1], row)
  assert.deepEqual(
    await digestsNow('outcomes', 'event_id', recordColumns(outcomeFormats[1]), ofOutcome),
    proofs.digests.outcomes,
  )
})

/** 0.1 answered the card of the leads' model, whichever pod was named. */
const tookNoPod = '/ops/model-card?pod=table'
/** 0.1 said so of its tripwire, which knew no restarts and was quickest when it had seen nothing. */
const ofTheWireOfThen = /\.tripwire\.catches_doubling_after\./
/** It certified one model at a time, and each attempt spent something: what is needed is another number now, and nobody counts attempts. */
const ofAttempts = /\.actions\[\d\]\.(attempts|certificate\.(attempt|spending)|shortfall\.(code|need|sentence)):/

/** It told by urgency what is a draw now: the same cases, in another order. */
const inOrderOfThen = /\border=unlock\b/
const byCase = (body: unknown): unknown => {
  const { data } = structuredClone(body) as { data: { items: { case_id: string }[] } }
  return { data: { ...data, items: data.items.toSorted((a, b) => a.case_id.localeCompare(b.case_id)) } }
}

test('the service opens it, and answers what 0.1 answered', async () => {
  world = await startWorld({ database, env: old.env, now: () => clock.now })
  const wrong: string[] = []
  const answers = await oldAnswers()
  assert.ok(answers.length >= 35)
  for (const { path, key: name, status, body } of answers) {
    const answer = await call(path, name)
    assert.equal(answer.status, status, `${path}: ${answer.text}`)
    if (path === tookNoPod) {
      assert.equal(answer.data.pod, 'table')
      continue
    }
    const same = inOrderOfThen.test(path) ? byCase : (body: unknown) => body
    const before = same(name.endsWith('viewer') ? body : withMaskedContacts(body))
    for (const difference of differences(before, same(answer.body ?? answer.text)))
      if (!ofTheWireOfThen.test(difference) && !ofAttempts.test(difference)) wrong.push(`${path} ${difference}`)
  }
  assert.deepEqual(wrong, [])
})

test('operators and admins of 0.1 still see contacts, one field at a time; viewers do not', async () => {
  const { body } = (await oldAnswers()).find(one => one.path.startsWith('/v1/lead?') && one.key === 'acme operator')!
  const { id, email } = (body as { data: { items: { id: string; email: string }[] } }).data.items[0]!
  const asked = { body: { field: 'email', reason: 'writing to them' } }
  const shown = await call(`/v1/lead/${id}/reveal`, 'acme operator', asked)
  assert.equal(shown.status, 200, shown.text)
  assert.equal(shown.data.value, email)
  assert.equal((await call(`/v1/lead/${id}/reveal`, 'acme viewer', asked)).status, 403)
  const granted = await rows('select distinct role, grants from api_keys order by role')
  for (const { role, grants } of granted)
    assert.deepEqual(grants, role === 'operator' || role === 'admin' ? ['pii'] : [], String(role))
})

test('every receipt, every signed head and the audit log hold', async () => {
  const proofs = await oldProofs()
  const reports = await verifyReceipts(world.app.config, JSON.stringify(proofs.heads), () => {})
  const records = (old.counts['decisions'] ?? 0) + (old.counts['outcomes'] ?? 0)
  assert.deepEqual(
    reports.flatMap(report => report.problems),
    [],
  )
  assert.equal(
    reports.reduce((sum, report) => sum + report.records, 0),
    records,
  )
  assert.ok(reports.every(report => report.expired === 0 && report.before === 0))
  for (const tenant of tenants) {
    const verdict = await database.db.transaction([tenant], db => verifyAudit(db, tenant))
    assert.ok(verdict.ok, JSON.stringify(verdict))
  }
  const [path, publicKey] = [join(world.dataDir, 'receipt.json'), join(world.dataDir, 'key.txt')]
  await writeFile(path, JSON.stringify(proofs.receipt))
  await writeFile(publicKey, old.publicKey)
  const program = fileURLToPath(new URL('../../../bin/verify-receipt.mjs', import.meta.url))
  const verified = spawnSync(process.execPath, [program, path, '--key', publicKey], { encoding: 'utf8' })
  assert.equal(verified.status, 0, verified.stdout + verified.stderr)
})

test('what was promised goes on: the certificate and the suspension hold, the lease is answered, the act is done once', async () => {
  const actions = async (pod: string, name: string) =>
    (await call(`/ops/autonomy?pod=${pod}`, name)).data.pods[0].actions
  const [start] = await actions('customer-ops', 'acme operator')
  assert.equal(start.certificate.id, caseOf('certificate'))
  const { data: certificate } = await call(`/ops/certificates/${start.certificate.id}`)
  assert.deepEqual([certificate.verdict.ok, certificate.verdict.state], [true, 'in_force'])
  const [yes] = await actions('table', 'globex operator')
  assert.ok(yes.suspended, 'the tripwire stays tripped')

  later(5)
  const answer = { answer: 'decline', lease_token: caseOf('lease_token'), outcome: 'ghosted' }
  const answered = await call(`/v1/inbox/${caseOf('leased')}/answer`, 'acme operator', { body: answer })
  assert.deepEqual([answered.status, answered.data?.outcome], [200, 'ghosted'], answered.text)

  const pending = caseOf('pending')
  const act = () => rows(`select state from acts where case_id = $1`, [pending])
  assert.deepEqual(await act(), [{ state: 'pending' }])
  later(60)
  const end = performance.now() + 20_000
  while ((await act())[0]?.['state'] === 'pending' && performance.now() < end) await wait(50)
  assert.deepEqual(await act(), [{ state: 'done' }])
  later(60)
  await wait(1_500)
  assert.deepEqual(await rows('select count(*)::int as n from outbox where case_id = $1', [pending]), [{ n: 1 }])
})

test('the line goes on: what was sent before is known, what is new is decided and joined to the old', async () => {
  const again = await call('/v1/lead', 'acme ingest', { body: old.again })
  assert.equal(again.status, 200, again.text)
  assert.deepEqual([again.data.duplicate, again.data.lead_id], [true, caseOf('done')])
  const fresh = await call('/v1/lead', 'acme ingest', {
    body: { ...old.again, external_id: 'new' },
  })
  assert.equal(fresh.status, 200, fresh.text)
  assert.equal(typeof fresh.data.pred_prob, 'number', 'the model of 0.1 scores it')
  const outcome = await call(`/v1/lead/${caseOf('open')}/outcome`, 'acme operator', { body: { outcome: 'booked' } })
  assert.equal(outcome.status, 200, outcome.text)
  const { items } = (await call('/v1/inbox?limit=200')).data
  const waits = items.map((item: { case_id: string }) => item.case_id)
  assert.ok(waits.length > 0 && !waits.includes(caseOf('open')), 'what has its outcome waits for nobody')
  const row = { event_id: 'n1', type: 'row.recorded', data: { row_id: 'n1', columns: { amount: 95 } } }
  const { data } = await call('/v1/events', 'globex ingest', {
    body: [{ ...row, occurred_at: clock.now.toISOString() }],
  })
  assert.deepEqual([data.items[0].status, data.items[0].decision.state], ['recorded', 'queued'], 'suspended: it asks')
})

test('a night goes by: labels of both versions are read, a model is made of them, and all is still proven', async () => {
  later(86_400)
  const trained = await call('/ops/retrain?reason=after+the+upgrade', '* admin', { method: 'POST' })
  assert.equal(trained.status, 200, trained.text)
  assert.equal(typeof trained.data.accepted, 'boolean')
  await world.app.refreshAutonomy()
  const read = await rows(`select count(*)::int as n from calibration_rows where tenant_id = 'acme' and row_id = $1`, [
    caseOf('open'),
  ])
  assert.ok(Number(read[0]?.['n']) >= 1, 'the new label of an old case is taken in')
  const reports = await verifyReceipts(world.app.config, JSON.stringify((await oldProofs()).heads), () => {})
  assert.deepEqual(
    reports.flatMap(report => report.problems),
    [],
  )
  const verdict = await database.db.transaction(['acme'], db => verifyAudit(db, 'acme'))
  assert.ok(verdict.ok)
})

test('what differs from an old answer is found, what is added to it is not', () => {
  assert.deepEqual(differences({ a: [1, { b: null }] }, { a: [1, { b: null, c: 2 }], d: 3 }), [])
  assert.deepEqual(differences({ a: [1, { b: null }], e: 'x' }, { a: [1, { b: 0 }, 2] }), [
    '.a: 2 are 3',
    '.a[1].b: null is 0',
    '.e: "x" is undefined',
  ])
})

/** What operators and admins saw in full is masked now, as it was for viewers. */
function withMaskedContacts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMaskedContacts)
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withMaskedContacts(member)]))
  if (!('phone' in copy)) return copy
  const { name, phone, email } = copy as { [field: string]: string | null }
  return {
    ...copy,
    name: name == null ? null : maskName(name),
    phone: phone == null ? null : maskPhone(phone),
    ...('email' in copy ? { email: email == null ? null : maskEmail(email) } : {}),
  }
}

/** Where `now` lacks something of `before`, or says it otherwise; later versions may say more. Each request has its own id, and where a next page begins is said in words of ours alone. */
function differences(before: unknown, now: unknown, path = ''): readonly string[] {
  if (Array.isArray(before) && Array.isArray(now)) {
    const found = before.flatMap((one, i) => (i < now.length ? differences(one, now[i], `${path}[${i}]`) : []))
    return before.length === now.length ? found : [`${path}: ${before.length} are ${now.length}`, ...found]
  }
  if (isRecord(before) && isRecord(now))
    return Object.keys(before)
      .filter(name => name !== 'request_id')
      .flatMap(name => differences(before[name], now[name], `${path}.${name}`))
  if (path.endsWith('.data.next') && typeof before === 'string' && typeof now === 'string') return []
  return Object.is(before, now) ? [] : [`${path}: ${JSON.stringify(before)} is ${JSON.stringify(now)}`]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
