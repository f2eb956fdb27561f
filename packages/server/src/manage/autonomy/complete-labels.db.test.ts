import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eachSide, placeOf } from '@surety/contract'
import { cutOf, recordCuts, rng } from '@surety/stats'
import { podNamed } from '../../pods.ts'
import { ensurePartitions } from '../../store/partitions.ts'
import { sampleRecords } from '../../store/record-completeness.ts'
import { insertRecordRows } from '../../store/record-rows.ts'
import { readRecords } from '../../store/records.ts'
import { openTestDatabase } from '../../store/test-database.ts'
import { countReads, keepUncounted } from '../../testing/count-reads.ts'
import { refreshAutonomy } from './refresh.ts'
import { autonomyDeps, day, goodRows, type TestRow } from './testing/evidence.ts'
import { recordWorld } from './testing/record-world.ts'
import { putDecisions } from './testing/settled-cases.ts'

const database = await openTestDatabase({ poolSize: 4 })
after(() => database[Symbol.asyncDispose]())
before(() => database.db.transaction([], db => ensurePartitions(db, day(0), day(250))))
const { db } = database
const [question] = podNamed('table').questions
const deps = autonomyDeps(db)
interface Verifier {
  verifyCertificate(certificate: object, trusted: { keys: readonly string[] }, rows?: string): readonly string[]
}
const script = fileURLToPath(new URL('../../../../../bin/verify-receipt.mjs', import.meta.url))
const { verifyCertificate: verify } = (await import(script)) as Verifier
const world = recordWorld(db, question)
const cuts = (['yes', 'no'] as const).map(side => {
  const found = recordCuts(
    Float64Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000),
    side,
  )
  assert.ok(found.ok)
  return found
})
const kappaOf = (p: number) => ({
  act: p >= question.threshold ? cutOf(cuts[0]!, p) : -1,
  clear: p < question.threshold ? cutOf(cuts[1]!, p) : -1,
})

/** Decisions of the version that acts, each with the draw of its audit coin; those that `told` picks have a label that counts. */
async function live(
  tenant: string,
  rows: readonly TestRow[],
  coin: (i: number) => number,
  told: (i: number) => boolean,
) {
  const { version, digest } = world.modelOf(tenant)
  await putDecisions(
    db,
    tenant,
    question.pod,
    rows.map((row, i) => ({
      caseId: row.id,
      at: row.at,
      probability: row.p,
      digest,
      action: row.p > 0.5 ? 'yes' : 'no',
      acting: { version, ...kappaOf(row.p) },
      auditCoin: coin(i),
    })),
  )
  await db.transaction([tenant], handle =>
    insertRecordRows(
      handle,
      rows.flatMap(({ id, at, p, y }, i) => {
        const kappa = kappaOf(p)
        const row = {
          ...world.placeIn(tenant),
          caseId: id,
          decidedAt: at,
          source: 'live' as const,
          modelVersion: version,
          kappaAct: kappa.act,
          kappaClear: kappa.clear,
          auditCoin: coin(i),
          label: y,
          quality: 'human',
          labelledBy: null,
        }
        return told(i) ? [row] : []
      }),
    ),
  )
}
async function begun(tenant: string) {
  await world.promote(tenant)
  await world.begin(tenant)
}
const look = async (tenant: string, at = day(150)) => {
  const { certified } = await refreshAutonomy(deps, tenant, question, at)
  return certified.find(({ action }) => action === 'yes')!
}

test('with half of the mature decisions unlabelled nothing is proven, however many labels there are', async () => {
  await begun('half')
  await live(
    'half',
    goodRows(1600, { at: day(100) }),
    () => 0.5,
    i => i < 800,
  )
  const { certificate, shortfall } = await look('half')
  // The 800 that lie on the side of the acts, of which 400 are labelled.
  assert.deepEqual(
    [certificate, shortfall!.code, shortfall!.have, shortfall!.need],
    [null, 'incomplete_labels', 400, 720],
  )
  assert.match(shortfall!.sentence, /^Only 400 decisions have a label where 720 must/)
})

test('with nine tenths labelled they count, those without as wrong but for an eighth of the budget, and immature ones are not asked for', async () => {
  await begun('most')
  await live(
    'most',
    goodRows(800, { at: day(100) }),
    () => 0.5,
    i => i % 40 !== 10,
  )
  await live(
    'most',
    goodRows(500, { prefix: 'young', at: day(149) }),
    () => 0.5,
    () => false,
  )
  const signed = (await look('most')).certificate!
  const {
    basis,
    decisions,
    labelled,
    assumed_wrong: assumed,
  } = signed.document['completeness'] as {
    basis: string
    decisions: number
    labelled: number
    assumed_wrong: readonly number[]
  }
  // 20 of 400 acts have none; 5 of them are spared at a budget of .1.
  assert.deepEqual([basis, decisions, labelled, assumed[0], assumed.length], ['all', 400, 380, 15, 64])
  const record = signed.document['record'] as { rows: number; lines: number; wrong: number }
  assert.deepEqual([record.rows, record.lines, record.wrong], [795, 780, 5 + 15])
  // What was counted once is judged, also where cases take longer to be mature by now.
  const known = (await db.read(['most'], reader => readRecords(reader, world.placeIn('most')))).find(
    one => one.action === 'yes',
  )
  const sampled = (await db.read(['most'], reader => sampleRecords(reader, [known!], day(20))))[0]!
  assert.equal(
    sampled.reduce((sum, one) => sum + one.decisions - one.labelled, 0),
    20,
  )
  const { rows } = await db.read([signed.document['tenant'] as string], reader =>
    reader.query<{ line: string }>(
      `select format(E'[%s,%s,%s,%s,%s]\n', to_json(case_id), round(extract(epoch from decided_at) * 1000), model_version, kappa_act, counted) as line
        from record_rows where counted is not null order by decided_at, case_id collate "C"`,
    ),
  )
  const lines = rows.map(({ line }) => line).join('')
  const kept = JSON.parse(JSON.stringify(signed)) as object
  const keys = [deps.signingKey.publicText]
  assert.match(verify(kept, { keys }, lines).join('\n'), /rows: 780 lines have the digest and all 64 pairs/)
})

test('one label less than nine tenths of the region, and nothing is proven', async () => {
  const alike = goodRows(800, { at: day(100) }).map(
    row => ({ ...row, p: row.p > 0.5 ? 0.95 : 0.05, y: row.p > 0.5 ? 1 : 0 }) as const,
  )
  const start = async (tenant: string, unlabelled: number) => {
    await begun(tenant)
    await live(
      tenant,
      alike,
      () => 0.5,
      i => i >= 2 * unlabelled,
    )
    return look(tenant)
  }
  // 360 of 400 acts are enough to be asked, but those without a label use up the budget.
  const edge = await start('edge', 40)
  assert.equal(edge.certificate, null)
  assert.notEqual(edge.shortfall?.code, 'incomplete_labels')
  assert.equal((await start('short', 41)).shortfall?.code, 'incomplete_labels')
})

test('where labels are incomplete those count that the audit coin drew, asked or acted alike, if they are complete', async () => {
  await begun('audits')
  const draw = rng('coins')
  const coins = Array.from({ length: 30_000 }, () => draw.uniform())
  // Of the others the wrong ones are kept silent: who counted all labels would see no error at all.
  const rows = goodRows(30_000, { at: day(60), wrong: 0.02 })
  const drawn = (i: number) => coins[i]! < 0.02
  await live(
    'audits',
    rows,
    i => coins[i]!,
    i => drawn(i) || (i % 4 === 0 && rows[i]!.y === 1),
  )
  const { document } = (await look('audits')).certificate!
  const { basis, drawn_below: below } = document['completeness'] as { basis: string; drawn_below: number }
  const counted = document['record'] as { rows: number; lines: number; wrong: number }
  const all = coins.filter(coin => coin < 0.02).length
  assert.deepEqual([basis, below, counted.rows, counted.lines], ['audited', 0.02, all, all])
  assert.ok(counted.wrong > 0)
})

test('audits that were not all answered carry nothing', async () => {
  await begun('open')
  const rows = goodRows(30_000, { at: day(60) })
  const coin = (i: number) => (i % 50 < 2 ? 0.01 : 0.5)
  await live('open', rows, coin, i => (coin(i) < 0.02 ? i % 200 >= 50 : i % 4 === 0))
  const { certificate, shortfall } = await look('open')
  assert.deepEqual([certificate, shortfall!.code], [null, 'incomplete_labels'])
})

test('unlabelled cases inside the region count by themselves, however complete the rest is', async () => {
  await begun('side')
  const rows = Array.from({ length: 1000 }, (_, i) => {
    const acts = i % 10 === 0
    return { id: `s${i}`, p: acts ? 0.95 : 0.01 + (i % 7) / 100, y: (acts ? 1 : 0) as 0 | 1, at: day(100) }
  })
  await live(
    'side',
    rows,
    () => 0.5,
    i => i % 20 !== 0,
  )
  const { shortfall } = await look('side')
  assert.deepEqual([shortfall!.code, shortfall!.have, shortfall!.need], ['incomplete_labels', 50, 90])
})

test('whether decisions have a label is a look-up for each, also in a month that nobody has counted', async () => {
  await keepUncounted(db, ['decisions', 'record_rows'])
  const counted = countReads(db)
  const pagesEach: number[] = []
  for (const [months, count] of [300, 2_400].entries()) {
    const tenant = `uncounted-${count}`
    await begun(tenant)
    const from = day(160 + months * 31)
    await live(
      tenant,
      goodRows(count, { prefix: tenant, at: from }),
      () => 0.5,
      () => true,
    )
    const [record] = (await world.recordsOf(tenant)).filter(({ action }) => action === 'yes')
    const sample = (await counted.transaction([tenant], handle => sampleRecords(handle, [record!], day(250))))[0]!
    const sum = (of: (one: (typeof sample)[number]) => number) => sample.reduce((total, one) => total + of(one), 0)
    assert.deepEqual([sum(one => one.decisions), sum(one => one.labelled)], [count / 2, count / 2])
    pagesEach.push(counted.takeReads().pages / count)
  }
  const [few = 0, many = 0] = pagesEach
  assert.ok(many < 2 * few, `${many} pages a decision where there are 2,400, ${few} where there are 300`)
})

test('a question of which nothing was decided has nothing incomplete', async () => {
  await begun('nothing')
  const { shortfall } = await look('nothing')
  assert.deepEqual(
    [shortfall!.code, placeOf(question).question, eachSide(question.actions).length],
    ['too_few_labels', 'main', 2],
  )
})
