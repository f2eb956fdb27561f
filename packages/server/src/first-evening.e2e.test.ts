import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mainQuestion } from '@surety/contract'
import { cutTotals } from '@surety/stats'
import { imports } from './commands/imports.ts'
import { acceptImportDirectly } from './commands/open-acceptance.ts'
import { evidenceOfRecords } from './manage/autonomy/records/completeness.ts'
import { readRecords } from './store/records.ts'
import { startWorld, type World } from './testing/start-world.ts'

// A tenant that brings a history: what it imported is lived through again, and the record begins with it on the first evening.
const day = 86_400_000
let clock = Date.parse('2026-11-21T18:00:00Z')
let world: World
before(async () => {
  world = await startWorld({ now: () => new Date(clock) })
})
after(() => world[Symbol.asyncDispose]())

const place = { pod: 'customer-ops', question: mainQuestion }
const keyOf = async (tenant: string, role: 'admin' | 'operator', name: string): Promise<string> => {
  const { data } = await world.call('/ops/keys', { body: { role, name }, key: await world.key('admin', tenant) })
  return data.key
}
const idOf = (key: string): string => key.split('_')[1]!

/** Every budget equally often, in no order. */
const budgetOf = (i: number): number => (i * 37) % 100
/** Much money books, little does not, and in between nobody knows. */
const books = (i: number): boolean => (budgetOf(i) >= 40 && budgetOf(i) < 75 ? i % 2 === 0 : budgetOf(i) >= 75)
const happened = (i: number, of: number, newest = 1): Date =>
  new Date(clock - 80 * day + (i / of) * (80 - newest) * day)

let sent = 0
/**
 * Leads of the last eighty days with what became of them, the newest first.
 * @param newest how old that is, in days
 * @returns their cases, the oldest first
 */
async function bringHistory(key: string, tenant: string, count: number, newest = 1): Promise<readonly string[]> {
  const body = { attributes: [{ name: 'budget', kind: 'numeric' }] }
  const admin = await world.key('admin', tenant)
  assert.equal(
    (await world.call('/ops/settings/attributes?apply=true', { method: 'PUT', body, key: admin })).status,
    200,
  )
  const ids: string[] = []
  for (let from = 0; from < count; from += 500) {
    const leads = Array.from({ length: Math.min(500, count - from) }, (_, k) => count - 1 - from - k).map(i => ({
      event_id: `lead-${sent++}`,
      type: 'lead.created',
      occurred_at: happened(i, count, newest).toISOString(),
      data: {
        name: 'Jane Doe',
        email: `jane${sent}@example.com`,
        details: 'a quote please',
        attributes: { budget: budgetOf(i) },
      },
    }))
    const { data } = await world.call('/v1/events', { body: leads, key })
    ids.push(...data.items.map((item: { case_id: string }) => item.case_id))
  }
  ids.reverse()
  await tell(key, ids, i => happened(i, count, newest))
  return ids
}

async function tell(
  key: string,
  ids: readonly string[],
  at: (i: number) => Date,
  booked: (i: number) => boolean = books,
): Promise<void> {
  for (let from = 0; from < ids.length; from += 500) {
    const outcomes = ids.slice(from, from + 500).map((lead_id, k) => ({
      event_id: `told-${sent++}`,
      type: 'lead.outcome',
      occurred_at: new Date(at(from + k).getTime() + day / 2).toISOString(),
      data: { lead_id, outcome: booked(from + k) ? 'booked' : 'ghosted', source: 'imported' },
    }))
    const { data } = await world.call('/v1/events', { body: outcomes, key })
    assert.ok(data.items.every((item: { status: string }) => item.status === 'recorded'))
  }
}

const train = async (reason: string) => {
  const { data, text } = await world.call(`/ops/retrain?reason=${reason}`, {
    method: 'POST',
    key: await world.key('admin', '*'),
  })
  assert.ok(data, text)
  return data
}

const recordsOf = (tenant: string) =>
  world.app.db.transaction([tenant], handle => readRecords(handle, { tenant, ...place }))

async function importedOf(tenant: string) {
  const { rows } = await world.app.db.transaction([tenant], handle =>
    handle.query<{ case_id: string; labelled_by: string; decided_at: Date; counted: number; label: number }>(
      `select case_id, labelled_by, decided_at, counted, label from record_rows where source = 'imported' order by decided_at, case_id`,
    ),
  )
  return rows
}

test('what an admin imported begins the record on the first evening: each case by its time, named after the key', async () => {
  const key = await keyOf('acme', 'admin', 'migration')
  const ids = await bringHistory(key, 'acme', 1000)
  const trained = await train('first')
  assert.equal(trained.accepted, true, trained.sentence)
  const rows = await importedOf('acme')
  assert.deepEqual(
    rows.map(row => row.case_id),
    ids.slice(200),
    'all but the oldest fifth, in the order in which they happened',
  )
  assert.ok(rows.every(row => row.labelled_by === idOf(key)))
  await world.app.refreshAutonomy()
  const records = await recordsOf('acme')
  assert.deepEqual(
    records.map(({ why, rowsFrom, begunAt }) => [why, rowsFrom, begunAt]),
    [
      ['history', happened(200, 1000), new Date(clock)],
      ['history', happened(200, 1000), new Date(clock)],
    ],
  )
  for (const { counts } of records) assert.equal(cutTotals(counts).all, 800)

  // The very evening it is certified, checked on the newest fifth, and acted on.
  const viewer = await world.key('operator', 'acme')
  const { actions } = (await world.call('/ops/autonomy?pod=customer-ops', { key: viewer })).data.pods[0]
  const by = [{ who: `key:${idOf(key)}`, name: 'migration', rows: 800, share: 1 }]
  for (const { certificate } of actions) {
    const { data } = await world.call(`/ops/certificates/${certificate.id}`, { key: viewer })
    assert.deepEqual([data.verdict.ok, data.verdict.state], [true, 'in_force'])
    const { record, check, labelled_by } = data.document
    assert.deepEqual([record.why, record.rows, record.imported], ['history', 800, { rows: 800, by }])
    assert.deepEqual([check.rows, labelled_by], [200, by])
  }
  const states: string[] = []
  for (let i = 0; i < 20; i++) {
    const data = { name: 'John Roe', email: `john${i}@example.com`, details: 'a quote', attributes: { budget: 95 } }
    states.push((await world.call('/v1/lead', { body: data })).data.decision.state)
  }
  assert.ok(states.includes('acted'), states.join())

  // What the same key says of its history later is counted as it is; of another import nothing is.
  await tell(
    key,
    ids.slice(-3),
    () => new Date(clock - day),
    i => rows.at(i - 3)!.label === 0,
  )
  const other = await keyOf('acme', 'operator', 'intern')
  await tell(other, ids.slice(-6, -3), () => new Date(clock - day))
  clock += 31 * day
  await world.app.refreshAutonomy()
  const labels = rows.map(({ label }, i) => (i >= 797 ? 1 - label : i >= 794 ? null : label))
  assert.deepEqual(
    (await importedOf('acme')).map(({ label, counted }) => [label, counted]),
    labels.map(label => [label, label]),
  )
  await train('again')
  assert.deepEqual(
    (await recordsOf('acme')).map(({ id }) => id),
    records.map(({ id }) => id),
  )
})

test('what an operator imported begins nothing until an admin accepts it', async () => {
  const key = await keyOf('borg', 'operator', 'intern')
  await bringHistory(key, 'borg', 1000)
  clock += day
  await train('second')
  await world.app.refreshAutonomy()
  const before = await recordsOf('borg')
  assert.deepEqual([before, await importedOf('borg')], [[], []])
  const certified = async () => {
    const { data } = await world.call('/ops/autonomy?pod=customer-ops', { key: await world.key('operator', 'borg') })
    return data.pods[0].actions.map((one: { certificate: unknown }) => one.certificate !== null)
  }
  assert.deepEqual(await certified(), [false, false])
  const body = { key: idOf(key), reason: 'the export of our old CRM' }
  const admin = await world.key('admin', 'borg')
  const refused = await world.call('/ops/autonomy/accept-import', { body, key: await world.key('operator', 'borg') })
  assert.equal(refused.status, 403)
  const nobody = await world.call('/ops/autonomy/accept-import', { body: { ...body, key: 'nobody' }, key: admin })
  assert.deepEqual([nobody.status, nobody.body.code], [404, 'import_not_found'])
  const { data } = await world.call('/ops/autonomy/accept-import', { body, key: admin })
  assert.deepEqual([data.outcomes, data.bulk], [1000, 1000])
  clock += day
  await train('third')
  await world.app.refreshAutonomy()
  const records = await recordsOf('borg')
  assert.deepEqual(
    records.map(({ why }) => why),
    ['history', 'history'],
  )
  assert.ok(records.every(({ counts }) => cutTotals(counts).all === 800))
  assert.deepEqual(await certified(), [true, true])
  assert.ok((await importedOf('borg')).every(row => row.labelled_by === idOf(key)))
})

test('a history that comes in while a record counts holds nothing back: what is long past is in no cut, and is asked', async () => {
  const key = await keyOf('borg', 'operator', 'late')
  const [record] = await recordsOf('borg')
  const since = new Date(clock)
  await bringHistory(key, 'borg', 300, 8)
  const { rows } = await world.app.db.transaction(['borg'], handle =>
    handle.query<{ said: string; n: number }>(
      `select concat_ws(' ', state, reason, kappa_act, kappa_clear) as said, count(*)::int as n from decisions
        where tenant_id = 'borg' and recorded_at >= $1 group by 1`,
      [since],
    ),
  )
  assert.deepEqual(rows, [{ said: 'queued late -1 -1', n: 300 }])
  // Old enough to count: their labels are imported and do not, and nobody waits for them.
  clock += 31 * day
  await world.app.refreshAutonomy()
  const [evidence] = await world.app.db.read(['borg'], reader =>
    evidenceOfRecords(reader, [record!], new Date(clock - 8 * day)),
  )
  assert.ok(evidence?.ok)
  assert.deepEqual([evidence.basis, cutTotals(evidence.counts).all, evidence.completeness.decisions], ['all', 800, 0])
})

test('an import is accepted beside the database too, of its own tenant alone', async () => {
  // The command goes by the clock of the machine.
  clock = Date.now() - day
  const key = await keyOf('cyan', 'operator', 'intern')
  await bringHistory(key, 'cyan', 6)
  const said: string[] = []
  const accept = (tenant: string) =>
    imports(['accept', idOf(key), '--tenant', tenant, '--reason', 'the export of bob@example.com'], {
      out: line => void said.push(line),
      err: line => void said.push(line),
      accept: order => acceptImportDirectly(world.app.config, order),
    })
  assert.equal(await accept('acme'), 3)
  assert.match(said.pop()!, /^This key has imported no outcome/)
  assert.equal(await accept('cyan'), 0)
  const { outcomes, accepted } = JSON.parse(said.pop()!)
  assert.deepEqual([outcomes, accepted.by], [6, 'cli'])
  const { rows } = await world.app.db.transaction(['cyan'], handle =>
    handle.query<{ actor: string; reason: string; detail: { key: string } }>(
      `select actor, reason, detail from audit where tenant_id = 'cyan' and action = 'autonomy.import_accepted'`,
    ),
  )
  const [entry] = rows
  assert.ok(entry)
  assert.deepEqual([entry.actor, entry.detail.key], ['cli', idOf(key)])
  assert.doesNotMatch(entry.reason, /bob@/)
})
