import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { placeOf } from '@surety/contract'
import { readEligible, replaceRows } from '../../store/calibration-rows.ts'
import { migrate } from '../../store/migrate.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { readLabels } from './read-labels.ts'
import { dayMs, putDecisions, putOutcomes } from './testing/settled-cases.ts'

const database = await openTestDatabase()
after(() => database[Symbol.asyncDispose]())
const { db } = database
const start = Date.parse('2026-02-01T00:00:00Z')
await db.transaction([], handle => ensurePartitions(handle, new Date(start), new Date(start + 60 * dayMs)))
const question = { pod: 'customer-ops', name: 'main', modelScope: 'all' } as const
const at = (days: number): Date => new Date(start + days * dayMs)
const one = 'a'.repeat(64)
const two = 'b'.repeat(64)

async function rowsOf(tenant: string, session = tenant) {
  return db.transaction([session], async handle => {
    const { rows } = await handle.query<{
      row_id: string
      label: number
      source: string
      quality: string
      model_digest: string
    }>(
      `select row_id, label, source, quality, model_digest from calibration_rows where tenant_id = $1
        order by model_digest, row_id`,
      [tenant],
    )
    return rows.map(row => [row.row_id, row.label, row.source, row.quality, row.model_digest])
  })
}

async function cases(tenant: string, count: number): Promise<void> {
  await putDecisions(
    db,
    tenant,
    question.pod,
    Array.from({ length: count }, (_, k) => ({
      caseId: `c${k}`,
      at: new Date(start + k),
      probability: k / count,
      digest: one,
    })),
  )
}

test('the newest word on a case makes its row; decisions without model or probability make none', async () => {
  await putDecisions(db, 'acme', question.pod, [
    { caseId: 'a', at: at(0), probability: 0.3, digest: one, action: 'clear', propensity: 0.1, audited: true },
    { caseId: 'b', at: at(1), probability: 0.9, digest: two, automatic: true },
    { caseId: 'c', at: at(1), probability: null, digest: one },
    { caseId: 'd', at: at(1), probability: 0.4, digest: null },
    { caseId: 'e', at: at(1), probability: 0.4, digest: one },
    { caseId: 'open', at: at(1), probability: 0.4, digest: one },
  ])
  await putOutcomes(db, 'acme', question.pod, [
    { caseId: 'a', at: at(3), label: 0 },
    { caseId: 'b', at: at(3), label: 1, source: 'imported', quality: 'imported' },
    { caseId: 'c', at: at(3), label: 1 },
    { caseId: 'd', at: at(3), label: 1 },
    { caseId: 'e', at: at(3), label: 0, quality: 'bulk' },
    { caseId: 'open', at: at(3), label: null },
    { caseId: 'nobody', at: at(3), label: 1 },
    { caseId: 'a', at: at(4), label: 1, quality: 'audit' },
  ])
  assert.deepEqual(
    await readLabels(db, 'acme', question, null, at(5)),
    new Map([
      [one, 2],
      [two, 1],
    ]),
  )
  const expected = [
    ['a', 1, 'live', 'audit', one],
    ['e', 0, 'live', 'bulk', one],
    ['b', 1, 'imported', 'imported', two],
  ]
  assert.deepEqual(await rowsOf('acme'), expected)
  const { rows } = await db.transaction(['acme'], handle =>
    handle.query(
      `select decided_at, labelled_at, action, automatic, audited, propensity, probability from calibration_rows where row_id in ('a', 'b') order by row_id`,
    ),
  )
  assert.deepEqual(rows, [
    {
      decided_at: at(0),
      labelled_at: at(4),
      action: 'clear',
      automatic: false,
      audited: true,
      propensity: 0.1,
      probability: 0.3,
    },
    {
      decided_at: at(1),
      labelled_at: at(3),
      action: 'start_followup',
      automatic: true,
      audited: false,
      propensity: 1,
      probability: 0.9,
    },
  ])
})

test('reading again changes nothing, and another tenant sees nothing', async () => {
  assert.deepEqual(await readLabels(db, 'acme', question, null, at(6)), new Map())
  assert.equal((await rowsOf('acme')).length, 3)
  assert.deepEqual(await rowsOf('acme', 'borg'), [])
  assert.deepEqual(await readLabels(db, 'borg', question, null, at(6)), new Map())
  assert.equal((await rowsOf('acme')).length, 3)
})

test('a label that is changed later changes its row, one that is withdrawn takes it out, and the same word again is nothing new', async () => {
  await cases('later', 3)
  await putOutcomes(
    db,
    'later',
    question.pod,
    [0, 1, 2].map(k => ({ caseId: `c${k}`, at: at(2), label: 0 as const })),
  )
  assert.deepEqual(await readLabels(db, 'later', question, one, at(3)), new Map([[one, 3]]))
  await putOutcomes(db, 'later', question.pod, [
    { caseId: 'c0', at: at(4), label: 1 },
    { caseId: 'c1', at: at(4), label: null },
    { caseId: 'c2', at: at(4), label: 0 },
  ])
  assert.deepEqual(await readLabels(db, 'later', question, two, at(5)), new Map(), 'only the other model is counted')
  assert.deepEqual(await rowsOf('later'), [
    ['c0', 1, 'live', 'human', one],
    ['c2', 0, 'live', 'human', one],
  ])
  await putOutcomes(db, 'later', question.pod, [{ caseId: 'c1', at: at(6), label: 1 }])
  assert.deepEqual(await readLabels(db, 'later', question, one, at(7)), new Map([[one, 1]]))
})

test('an outcome that was committed late, behind the last one read, is found within a minute', async () => {
  await cases('late', 2)
  await putOutcomes(db, 'late', question.pod, [{ caseId: 'c0', at: at(2), label: 0 }])
  await readLabels(db, 'late', question, null, at(2))
  await putOutcomes(db, 'late', question.pod, [{ caseId: 'c1', at: new Date(at(2).getTime() - 59_000), label: 1 }])
  assert.deepEqual(await readLabels(db, 'late', question, null, at(2)), new Map([[one, 1]]))
})

test('an outcome of a clock that runs ahead does not hide what others record meanwhile', async () => {
  await cases('ahead', 2)
  await putOutcomes(db, 'ahead', question.pod, [{ caseId: 'c0', at: at(9), label: 0 }])
  await readLabels(db, 'ahead', question, null, at(2))
  await putOutcomes(db, 'ahead', question.pod, [{ caseId: 'c1', at: at(3), label: 1 }])
  assert.deepEqual(await readLabels(db, 'ahead', question, null, at(3)), new Map([[one, 1]]))
})

test('more than a page is read in one go, and a run that was ended between pages is taken up again', async () => {
  await cases('many', 5100)
  await putOutcomes(
    db,
    'many',
    question.pod,
    Array.from({ length: 10_200 }, (_, k) => ({
      caseId: `c${k % 5100}`,
      at: new Date(at(3).getTime() + k * 60_000),
      label: (k < 5100 ? 0 : 1) as 0 | 1,
    })),
  )
  let transactions = 0
  const ending: typeof db = {
    ...db,
    transaction: (tenants, work) => {
      if (transactions++ === 1) throw new Error('killed')
      return db.transaction(tenants, work)
    },
  }
  await assert.rejects(readLabels(ending, 'many', question, null, at(20)), /killed/)
  const [first, second] = await Promise.all([
    readLabels(db, 'many', question, null, at(20)),
    readLabels(db, 'many', question, null, at(20)),
  ])
  assert.equal(
    (first.get(one) ?? 0) + (second.get(one) ?? 0),
    100,
    'the first page took in the last word on 5,000 cases',
  )
  const rows = await rowsOf('many')
  assert.equal(rows.length, 5100)
  assert.ok(rows.every(([, label]) => label === 1))
})

test('a case that a model was judged on when it was made follows a corrected label', async () => {
  await putDecisions(db, 'held', question.pod, [
    { caseId: 'x', at: at(0), probability: null, digest: null },
    { caseId: 'y', at: at(0), probability: 0.2, digest: one },
  ])
  await db.transaction(['*'], handle =>
    handle.query(
      `insert into active_models (tenant_id, pod, version, digest, validated, activated_at) values ('*', $1, 1, $2, true, $3)`,
      [question.pod, two, at(0)],
    ),
  )
  const held = ['x', 'y'].map(rowId => ({
    rowId,
    probability: 0.5,
    label: 0 as const,
    decidedAt: at(0),
    quality: 'human',
  }))
  const place = { tenant: 'held', ...placeOf(question), digest: two }
  await db.transaction(['held'], handle => replaceRows(handle, place, 'held_out', held, at(1)))
  await putOutcomes(db, 'held', question.pod, [
    { caseId: 'x', at: at(2), label: 1 },
    { caseId: 'y', at: at(2), label: null },
  ])
  assert.deepEqual(await readLabels(db, 'held', question, two, at(3)), new Map([[two, 2]]))
  assert.deepEqual(await rowsOf('held'), [['x', 1, 'held_out', 'human', two]])
})

test('what a tripwire has counted is not counted again when its label is withdrawn and given anew', async () => {
  await cases('watched', 2)
  await putOutcomes(db, 'watched', question.pod, [
    { caseId: 'c0', at: at(1), label: 1 },
    { caseId: 'c1', at: at(1), label: 1 },
  ])
  await readLabels(db, 'watched', question, null, at(2))
  await db.transaction(['watched'], handle =>
    handle.query(`update calibration_rows set watched = true where row_id = 'c0'`),
  )
  await putOutcomes(db, 'watched', question.pod, [
    { caseId: 'c0', at: at(3), label: null },
    { caseId: 'c1', at: at(3), label: null },
  ])
  assert.deepEqual(await readLabels(db, 'watched', question, null, at(3)), new Map([[one, 2]]))
  assert.deepEqual(await rowsOf('watched'), [['c0', 1, 'live', 'bulk', one]], 'it counts for nothing any more')
  await putOutcomes(db, 'watched', question.pod, [{ caseId: 'c0', at: at(4), label: 0 }])
  await readLabels(db, 'watched', question, null, at(4))
  assert.deepEqual(await rowsOf('watched'), [['c0', 0, 'live', 'human', one]])
  const { rows } = await db.transaction(['watched'], handle => handle.query('select watched from calibration_rows'))
  assert.deepEqual(rows, [{ watched: true }])
})

test('a label that is withdrawn while a tripwire counts its row says nothing any more', async () => {
  await cases('meanwhile', 1)
  await putOutcomes(db, 'meanwhile', question.pod, [{ caseId: 'c0', at: at(1), label: 1 }])
  await readLabels(db, 'meanwhile', question, null, at(2))
  await putOutcomes(db, 'meanwhile', question.pod, [{ caseId: 'c0', at: at(3), label: null }])
  const tripwire = await db.connect()
  await tripwire.query(`select set_config('surety.tenants', 'meanwhile', false)`)
  await tripwire.query('begin')
  await tripwire.query(`update calibration_rows set watched = true where row_id = 'c0'`)
  const read = readLabels(db, 'meanwhile', question, null, at(3))
  const waiting = `select from pg_locks where not granted and locktype = 'transactionid'
    and transactionid = pg_current_xact_id()::xid`
  while ((await tripwire.query(waiting)).rowCount === 0) await wait(10)
  await tripwire.query('commit')
  await tripwire.end()
  assert.deepEqual(await read, new Map([[one, 1]]))
  assert.deepEqual(await rowsOf('meanwhile'), [['c0', 1, 'live', 'bulk', one]])
})

test('what was taken in under an older rule is read again after the migration that says so', async () => {
  await cases('older', 3)
  const told = [0, 1, 2].map(k => ({ caseId: `c${k}`, at: at(1), label: 1 as const }))
  await putOutcomes(db, 'older', question.pod, told)
  await putOutcomes(db, 'older', question.pod, [{ caseId: 'c2', at: at(3), label: 1 }])
  await readLabels(db, 'older', question, null, at(3))
  // As another rule would have left it, and with nothing new since.
  await db.transaction(['older'], async handle => {
    await handle.query(`update calibration_rows set label = 0 where row_id = 'c0'`)
    await handle.query(`delete from calibration_rows where row_id = 'c1'`)
  })
  assert.deepEqual(await readLabels(db, 'older', question, null, at(3)), new Map(), 'the cursor has left it behind')
  const name = '0016-labels-read-again'
  await db.transaction([], handle => handle.query('delete from migrations where name = $1', [name]))
  assert.deepEqual((await migrate(database.address)).applied, [name])
  assert.deepEqual(await readLabels(db, 'older', question, null, at(4)), new Map([[one, 2]]))
  assert.deepEqual(
    (await rowsOf('older')).map(([row, label]) => [row, label]),
    [
      ['c0', 1],
      ['c1', 1],
      ['c2', 1],
    ],
  )
})

/** Outcomes of `n` cases of one model, a dozen in each microsecond, as another writer of the tables may record them. */
async function plenty(tenant: string, n: number, from = 0): Promise<void> {
  await db.transaction([tenant], async handle => {
    const values = [tenant, question.pod, at(1), from, from + n - 1]
    await handle.query(
      `insert into event_keys (tenant_id, event_id, case_id, kind, payload_hash, recorded_at, decision_id)
        select $1, 'c' || i, 'c' || i, 'lead.created', '', $3::timestamptz + i / 12 * interval '1 microsecond', gen_random_uuid()
        from generate_series($4::int, $5::int) i where $2 <> ''`,
      values,
    )
    await handle.query(
      `insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at, schema_hash,
          features, enrichment, probability, model_digest, calibration_size, policy_version, threshold, action, mode, gate,
          automatic, audited, propensity, state, reason, latency_us)
        select $1, gen_random_uuid(), $2, 'c' || i, 'c' || i, 'c' || i, t, t, 's', '[]', '{}', 0.5, '${one}', 0, 1, 0.7,
          'start_followup', 'acting', 'certified', false, false, 1, 'queued', 'not_certified', 10
        from generate_series($4::int, $5::int) i, lateral (select $3::timestamptz + i / 12 * interval '1 microsecond' as t) x`,
      values,
    )
    await handle.query(
      `insert into outcomes (tenant_id, event_id, pod, case_id, outcome, label, source, quality, occurred_at, recorded_at)
        select $1, 'o' || i, $2, 'c' || i, 'told', i % 2, 'reported', 'human', t, t from generate_series($4::int, $5::int) i,
          lateral (select $3::timestamptz + interval '1 day' + i / 12 * interval '1 microsecond' as t) x`,
      values,
    )
  })
}

const rowsRead = `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int8 as n from pg_stat_xact_user_tables`

/** Ends a reading that would go on for ever, and counts the rows that its transactions look at. */
function watched(most: number) {
  const seen = { pages: 0, rows: 0 }
  const watching: typeof db = {
    ...db,
    transaction: (tenants, work) =>
      db.transaction(tenants, async handle => {
        if (++seen.pages > most) throw new Error(`more than ${most} pages were read`)
        // A session tells what it read some time after its transaction: the rest of an earlier one is taken off.
        const read = async () => (await handle.query<{ n: number }>(rowsRead)).rows[0]!.n
        const before = await read()
        const result = await work(handle)
        seen.rows += (await read()) - before
        return result
      }),
  }
  return { seen, watching }
}

test('more outcomes within a millisecond than a page holds are read once, and the reading ends', async () => {
  await plenty('fine', 10_001)
  const { watching } = watched(5)
  assert.deepEqual(await readLabels(watching, 'fine', question, one, at(3)), new Map([[one, 10_001]]))
  const again = watched(5)
  assert.deepEqual(await readLabels(again.watching, 'fine', question, one, at(3)), new Map())
  const of = { tenant: 'fine', ...placeOf(question), digest: one, now: at(3), maturityMs: 0 }
  const rows = await db.transaction(['fine'], handle => readEligible(handle, of, 30_000, 4_000))
  assert.equal(new Set(rows.map(row => row.rowId)).size, 10_001)
})

test('new labels cost the same however many rows there are already', async () => {
  const looked: number[] = []
  for (const [size, day] of [
    [1_000, 3],
    [8_000, 5],
  ] as const) {
    const tenant = `grown-${size}`
    await plenty(tenant, size)
    // What was told within a minute before the cursor is read again: that minute shall be empty.
    await putOutcomes(db, tenant, question.pod, [{ caseId: 'c0', at: at(day - 0.5), label: 1 }])
    await readLabels(db, tenant, question, one, at(day))
    await putOutcomes(
      db,
      tenant,
      question.pod,
      Array.from({ length: 40 }, (_, k) => ({
        caseId: `c${k * 10}`,
        at: at(day),
        label: k % 4 === 0 ? null : (1 as const),
      })),
    )
    const { seen, watching } = watched(5)
    const changed = await readLabels(watching, tenant, question, one, at(day))
    assert.ok(changed.get(one)! >= 10, 'labels were changed and taken out')
    looked.push(seen.rows)
  }
  const [few = 0, many = 0] = looked
  assert.ok(
    few > 0 && many < few * 2,
    `${many} rows were looked at where there are 8,000, ${few} where there are 1,000`,
  )
})

test('an outcome that names a question says nothing of the other; a late word on all counts for both, and of one for it alone', async () => {
  const [failing, real] = [
    { ...question, name: 'failing' },
    { ...question, name: 'real' },
  ]
  const decided = { caseId: 'n', at: at(0), probability: 0.5 }
  await putDecisions(db, 'named', question.pod, [{ ...decided, digest: one, question: 'failing' }])
  await db.transaction(['named'], handle =>
    handle.query(`insert into decisions (tenant_id, decision_id, pod, case_id, subject, event_id, occurred_at, recorded_at, schema_hash,
        features, enrichment, probability, model_digest, calibration_size, policy_version, threshold, action, mode, gate, automatic,
        audited, propensity, state, reason, latency_us, question)
      select tenant_id, gen_random_uuid(), pod, case_id, subject, event_id, occurred_at, recorded_at, schema_hash, features, enrichment,
        probability, '${two}', calibration_size, policy_version, threshold, action, mode, gate, automatic, audited, propensity, state,
        reason, latency_us, 'real' from decisions where tenant_id = 'named'`),
  )
  const read = async (until: number) => {
    for (const one of [failing, real]) await readLabels(db, 'named', one, null, at(until))
    return (await rowsOf('named')).map(([, label, , , digest]) => `${digest === one ? 'failing' : 'real'} ${label}`)
  }
  const told = (days: number, label: 0 | 1 | null, named?: string) =>
    putOutcomes(db, 'named', question.pod, [
      { caseId: 'n', at: at(days), label, ...(named !== undefined && { question: named }) },
    ])
  await told(1, 1, 'failing')
  assert.deepEqual(await read(2), ['failing 1'])
  await told(3, 0)
  assert.deepEqual(await read(4), ['failing 0', 'real 0'])
  await told(5, 1, 'real')
  assert.deepEqual(await read(6), ['failing 0', 'real 1'])
  await told(7, null, 'failing')
  assert.deepEqual(await read(8), ['real 1'])
})
