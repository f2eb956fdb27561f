import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Json, JsonObject } from '@surety/contract'
import {
  type CertifiedRecord,
  certifyRecord,
  countMissing,
  countRows,
  noCounts,
  recordCuts,
  recordStarts,
  rng,
} from '@surety/stats'
import { trust } from '../../../model/signature.ts'
import { podNamed } from '../../../pods.ts'
import { countLabellers, readRecordLines } from '../../../store/record-lines.ts'
import { openTestDatabase } from '../../../store/test-database.ts'
import { readCertificate, signCertificate, verifyCertificate } from '../document.ts'
import { autonomyDeps, day } from '../testing/evidence.ts'
import { deltaOf, recordCertificateRow, recordDocument } from './document-2.ts'
import { putRecordRows, recordLine, type TestRecordRow } from './testing/record-rows.ts'

interface Verifier {
  verifyCertificate(certificate: Json, trusted: { keys: readonly string[] }, rows?: string): readonly string[]
}
const root = new URL('../../../../../../', import.meta.url)
const script = fileURLToPath(new URL('bin/verify-receipt.mjs', root))
const { verifyCertificate: verify } = (await import(script)) as Verifier

const database = await openTestDatabase({ poolSize: 2 })
after(() => database[Symbol.asyncDispose]())
const { db } = database
const [question] = podNamed('table').questions
const { signingKey } = autonomyDeps(db)
const keys = [signingKey.publicText]

/** Cases in the cuts of their version; the stricter the cut, the less often wrong. One in fifty was told in silence, one in nine by a key. */
function rowsOf(side: 'act' | 'clear', n: number): readonly TestRecordRow[] {
  const draw = rng(`rows of ${side}`)
  return Array.from({ length: n }, (_, i) => {
    const cut = Math.floor(draw.uniform() ** 2 * 65) - 1
    const wrong = draw.uniform() < 0.005 + (cut < 0 ? 0.4 : 0.05 * (1 - cut / 63))
    return {
      caseId: `case "${i}" of ${side} ü`,
      at: new Date(day(1).getTime() + (i >> 1) * 61_000),
      version: 3 + (i >> 9),
      cut,
      label: (side === 'act') === wrong ? 0 : 1,
      quality: i % 50 === 1 ? 'silence' : 'human',
      labelledBy: i % 9 === 0 ? 'key-1' : null,
      source: i < 40 ? 'imported' : 'live',
      coin: draw.uniform(),
    }
  })
}

/** @param more.without mature cases in cut 25 that have no label */
async function certificateOf(
  side: 'act' | 'clear',
  tenant: string,
  { drawnBelow = null, without = 0 }: { drawnBelow?: number | null; without?: number } = {},
) {
  const rows = rowsOf(side, 3000)
  await putRecordRows(db, tenant, 'table', side, rows)
  const action = question.actions[side]!
  const kept = rows.filter(({ coin }) => drawnBelow === null || coin! < drawnBelow)
  const statSide = side === 'act' ? 'yes' : 'no'
  const told = countRows(noCounts, { cuts: kept.map(row => row.cut), y: kept.map(row => row.label) }, statSide)
  const missing = told.rows.map((_, k) => (k === 25 ? without : 0))
  const { counts, assumed } = countMissing(told, missing, statSide, action.alpha)
  const record = {
    id: crypto.randomUUID(),
    begunAt: day(1),
    rowsFrom: day(1),
    why: 'first',
    plan: 0.3,
    starts: recordStarts(0.3),
    suspensions: 1,
    budgetChanges: 0,
  }
  const found = certifyRecord(
    counts,
    record.starts,
    { alpha: action.alpha, beta: action.missBudget },
    deltaOf(action, record),
  )
  assert.ok(found.ok && found.loosest !== null, 'it was meant to be certified')
  const of = { tenant, pod: 'table', question: 'main', side, rowsFrom: day(1), drawnBelow }
  const scores = Float64Array.from({ length: 500 }, (_, i) => (i + 1) / 501)
  const cuts = recordCuts(scores, statSide)
  assert.ok(cuts.ok)
  const document = await db.read([tenant], async reader =>
    recordDocument({
      context: { tenant, question, floor: question.threshold, acceptedBy: 'default policy' },
      action,
      at: day(40),
      record,
      counts,
      found: found as CertifiedRecord & { loosest: number },
      lines: await readRecordLines(reader, of),
      labellers: await countLabellers(reader, of),
      names: new Map([['key-1', 'crm']]),
      completeness: {
        basis: drawnBelow === null ? 'all' : 'audited',
        decisions: 900 + without,
        labelled: 900,
        drawnBelow,
        assumed,
      },
      acting: {
        version: 5,
        digest: 'model 5',
        thresholds: cuts.thresholds,
        covered: { decisions: 2000, inside: 440 },
        check: {
          version: 5,
          alpha: action.alpha,
          miss_budget: action.missBudget,
          floor: 0.5,
          rows: 700,
          positives: 300,
          inside: Array.from({ length: 64 }, (_, k) => 640 - 10 * k),
          wrong: Array.from({ length: 64 }, (_, k) => (64 - k) >> 2),
        },
      },
      first: 'use',
    }),
  )
  return { rows: kept, signed: signCertificate(document, signingKey) }
}

/** The same with another document, signed anew by whoever has the key: what then still has to be found are its own figures. */
const forged = (document: JsonObject): Json => signCertificate(document, signingKey) as unknown as Json
const asJson = (value: object): Json => JSON.parse(JSON.stringify(value)) as Json

const linesOf = (rows: readonly TestRecordRow[]): readonly string[] =>
  rows
    .toSorted((a, b) => Number(a.at) - Number(b.at) || Buffer.compare(Buffer.from(a.caseId), Buffer.from(b.caseId)))
    .map(recordLine)

for (const side of ['act', 'clear'] as const)
  test(`a certificate of a record of ${side}s holds by itself, and its rows are those that it names`, async () => {
    const { rows, signed } = await certificateOf(side, `holds-${side}`)
    const steps = verify(asJson(signed), { keys })
    assert.match(steps.join('\n'), /the walk from the 64 pairs certifies cuts/)
    assert.match(steps.join('\n'), /check: model 5 passed/)
    assert.equal(verifyCertificate(signed, trust(new Map(), signingKey)).ok, true)
    const lines = linesOf(rows)
    const text = lines.join('')
    const record = signed.document['record'] as JsonObject
    assert.equal(record['digest'], createHash('sha256').update(text).digest('hex'))
    assert.match(verify(asJson(signed), { keys }, text).join('\n'), /rows: 3000 lines have the digest and all 64 pairs/)
    assert.throws(() => verify(asJson(signed), { keys }, lines.slice(1).join('')), /do not have the digest/)
    assert.deepEqual(record['imported'], {
      rows: 40,
      by: [
        { who: 'import', rows: 34, share: 34 / 40 },
        { who: 'key:key-1', name: 'crm', rows: 5, share: 5 / 40 },
        { who: 'silence', rows: 1, share: 1 / 40 },
      ],
    })
    assert.deepEqual(record['versions'], { from: 3, to: 8 })
    const told = signed.document['labelled_by'] as { who: string; rows: number }[]
    assert.equal(
      told.reduce((sum, one) => sum + one.rows, 0),
      3000,
    )
  })

test('the statement of the page makes the digest, and rows that were decided later do not change it', async () => {
  const { rows, signed } = await certificateOf('clear', 'stated')
  const last = rows.at(-1)!
  const later = { ...last, caseId: 'later', at: new Date(last.at.getTime() + 1000) }
  await putRecordRows(db, 'stated', 'table', 'clear', [later])
  const page = await readFile(new URL('docs/certificates.md', root), 'utf8')
  const record = signed.document['record'] as { rows_from: string; last_decision: string; digest: string }
  const values = { ...signed.document, ...record } as { [name: string]: Json }
  const statements = page
    .match(/```sql\n(set [^`]*)```/)![1]!
    .replaceAll(/:'([a-z_]+)'/g, (_, name: string) => `'${values[name] as string}'`)
    .replaceAll(/(?<!:):side/g, 'kappa_clear')
    .split(/;\n/)
  const client = await db.connect()
  try {
    assert.equal(statements.length, 2)
    await client.query(statements[0]!)
    const { rows: made } = await client.query<{ encode: string }>(statements[1]!)
    assert.equal(made[0]!.encode, record.digest)
  } finally {
    await client.end()
  }
})

test('where labels are incomplete the rows that the coin drew are those that are named', async () => {
  const { rows, signed } = await certificateOf('act', 'drawn', { drawnBelow: 0.6 })
  const record = signed.document['record'] as JsonObject
  assert.deepEqual([record['rows'], record['lines']], [rows.length, rows.length])
  assert.ok(rows.length > 1600 && rows.length < 2000)
  verify(asJson(signed), { keys })
})

test('a certificate that says anything else than its counts is found, even when it was signed with the right key', async () => {
  const { signed } = await certificateOf('clear', 'forged')
  const { document } = signed
  const part = (name: string) => document[name] as JsonObject
  const pairs = document['pairs'] as number[][]
  const k = Number(part('cut')['k'])
  const cuts = document['cuts'] as number[]
  const changed: readonly (readonly [JsonObject, RegExp])[] = [
    [{ ...document, upper: Number(document['upper']) * 0.9 }, /upper bound is stated/],
    [{ ...document, miss_upper: 0.01 }, /missed ones is stated/],
    [{ ...document, cuts: [cuts[0]! - 1, ...cuts] }, /but the counts certify/],
    [{ ...document, cuts: cuts.slice(1) }, /but the counts certify/],
    [{ ...document, cut: { ...part('cut'), k: k + 1 } }, /loosest certified cut/],
    [{ ...document, cut: { ...part('cut'), threshold: 0.9 } }, /beyond the operator/],
    [{ ...document, evidence: { ...part('evidence'), ln: 9 } }, /the evidence is stated/],
    [{ ...document, evidence: { ...part('evidence'), limit: 2 } }, /limit of the evidence is stated/],
    [{ ...document, delta: { ...part('delta'), suspensions: 0 } }, /delta of the record is stated/],
    [{ ...document, record: { ...part('record'), wrong: 0 } }, /counts of the region/],
    [{ ...document, record: { ...part('record'), positives: 3 } }, /more of class 1/],
    [{ ...document, record: { ...part('record'), id: crypto.randomUUID() } }, /id is not made of this record/],
    [{ ...document, record: { ...part('record'), lines: 2999 } }, /rows are stated as 3000, but there are 2999/],
    [{ ...document, delta: { ...part('delta'), budget_changes: 1, suspensions: 0 } }, /id is not made of this record/],
    [{ ...document, pairs: pairs.map(([rows]) => [rows!, 0]) }, /upper bound|counts certify|evidence/],
    [{ ...document, pairs: pairs.slice(1) }, /64 pairs/],
    [{ ...document, pairs: pairs.with(10, [pairs[10]![0]! + 2000, 0]) }, /cut 10 holds more/],
    [{ ...document, chains: [{ cut: 40, weight: 1 }] }, /where the plan puts them/],
    [{ ...document, plan: null, chains: [{ cut: 63, weight: 0.4 }] }, /add up/],
    [{ ...document, budget: { ...part('budget'), alpha: 0.2 } }, /./],
    [{ ...document, budget: { ...part('budget'), miss_budget: null } }, /./],
    [{ ...document, check: { ...part('check'), p: 0.01 } }, /p-value of the check/],
    [{ ...document, check: { ...part('check'), level: 0.5 } }, /level of the check/],
    [{ ...document, check: { ...part('check'), digest: 'another' } }, /another version/],
    [{ ...document, expires_at: day(400).toISOString() }, /30 days/],
    [{ ...document, method: 'by_eye' }, /method/],
    [{ ...document, format: 'surety.certificate/3' }, /the format is neither/],
  ]
  for (const [other, says] of changed) {
    assert.throws(() => verify(forged(other), { keys }), says)
    assert.throws(() => verify(asJson({ ...signed, document: other }), { keys }), /was changed|format/)
  }
  const stranger = autonomyDeps(db).signingKey
  assert.throws(() => verify(asJson(signCertificate(document, stranger)), { keys }), /not with a key that you gave/)
  const value = Buffer.from(signed.signature.value, 'base64').fill(7, 0, 8).toString('base64')
  assert.throws(
    () => verify(asJson({ ...signed, signature: { ...signed.signature, value } }), { keys }),
    /signature does not hold/,
  )
})

/** A cut where a case more inside moves neither bound nor walk: the tightest of them all decides. */
const notTightest = (pairs: readonly (readonly number[])[]): number =>
  pairs.findIndex(([rows, wrong], k) => k > 0 && pairs[k - 1]![0]! > rows! && pairs[k - 1]![1]! > wrong!)

for (const side of ['act', 'clear'] as const)
  test(`what is said of ${side}s without a label cannot be made smaller, and rows, pairs and records cannot be exchanged`, async () => {
    const { rows, signed } = await certificateOf(side, `assumed-${side}`, { without: 24 })
    const text = linesOf(rows).join('')
    const { document } = signed
    const part = (name: string, of = document) => of[name] as JsonObject
    const assumed = part('completeness')['assumed_wrong'] as number[]
    const pairs = document['pairs'] as number[][]
    assert.ok(assumed[25]! > 0 && assumed[26] === 0)
    assert.match(verify(asJson(signed), { keys }, text).join('\n'), /3000 lines have the digest and all 64 pairs/)
    const completeness = (change: JsonObject, of = document) => ({
      ...of,
      completeness: { ...part('completeness', of), ...change },
    })
    const none = assumed.map(() => 0)
    const { assumed_wrong: _, ...untold } = part('completeness')
    // A certificate of the same rows that keeps quiet about those without a label: each of its figures is right.
    const quiet = (await certificateOf(side, `quiet-${side}`)).signed.document
    const other = (await certificateOf(side, `other-${side}`, { drawnBelow: 0.9 })).signed.document
    const byItself: readonly (readonly [JsonObject, RegExp])[] = [
      [
        completeness({ assumed_wrong: none }),
        /rows are stated as \d+, but there are 3000 with a label and 0 that count/,
      ],
      [{ ...document, completeness: untold }, /without a label is not told of each cut/],
      [completeness({ assumed_wrong: assumed.slice(1) }), /without a label is not told of each cut/],
      [completeness({ assumed_wrong: assumed.with(9, 1000) }), /cut 9 holds more cases without a label than the cut/],
      [completeness({ assumed_wrong: assumed.with(63, 1) }), /cut 63 holds more cases without a label than the cut/],
      [completeness({ assumed_wrong: assumed.with(20, 0) }), /cut 20 holds more wrong labels than the cut/],
      [completeness({ assumed_wrong: assumed.with(5, -1) }), /cases without a label in cut 5 is not a whole number/],
      [
        completeness({ decisions: 970, labelled: 900 }, quiet),
        /70 of 970 cases have no label, so at least \d+ must count as wrong, but 0 do/,
      ],
      [completeness({ decisions: 1001, labelled: 900 }), /only 900 of 1001 cases have a label, fewer than nine tenths/],
      [completeness({ labelled: 980 }), /more labels than cases/],
      [completeness({ drawn_below: 0.5 }), /the basis is none/],
      [{ ...document, record: part('record', other) }, /id is not made of this record/],
      [{ ...document, pairs: quiet['pairs']! }, /cut 26 holds more wrong labels than the cut around it/],
    ]
    for (const [changed, says] of byItself) assert.throws(() => verify(forged(changed), { keys }), says)
    // What the document cannot tell by itself its rows do.
    const k = notTightest(pairs)
    const raised = pairs.with(k, [pairs[k]![0]! + 1, pairs[k]![1]! + 1])
    const step = assumed.findIndex((cases, i) => i > 0 && assumed[i - 1]! > cases)
    const withRows: readonly (readonly [JsonObject, RegExp])[] = [
      [
        { ...document, record: { ...part('record'), digest: part('record', other)['digest']! } },
        /^Error: the rows do not have the digest that the certificate names/,
      ],
      [{ ...document, pairs: raised }, new RegExp(`rows do not have the counts of the certificate: in cut ${k} `)],
      [
        completeness({ assumed_wrong: assumed.with(step, assumed[step]! + 1) }),
        new RegExp(`counts of the certificate: in cut ${step} `),
      ],
    ]
    for (const [changed, says] of withRows) assert.throws(() => verify(forged(changed), { keys }, text), says)
  })

test('the program of one file says each step of a certificate, and its exit code whether it holds; without a key it is asked for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'surety-certificate-'))
  try {
    const { rows, signed } = await certificateOf('act', 'program')
    const write = async (name: string, text: string) => {
      await writeFile(join(folder, name), text)
      return join(folder, name)
    }
    const run = (...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
      return { status, out: stdout + stderr }
    }
    const verdict = { ok: true, why: '', state: 'in_force' }
    const file = await write('certificate.json', JSON.stringify({ ...signed, verdict }))
    const key = await write('key.txt', keys[0]!)
    const holds = run(file, '--key', key, '--rows', await write('lines.txt', linesOf(rows).join('')))
    assert.deepEqual([holds.status, holds.out.match(/^ok /gm)?.length], [0, 7], holds.out)
    assert.match(holds.out, /state: in_force, as the service said.*\nThe certificate holds\.\n$/)
    const answer = (data: object) => JSON.stringify({ ok: true, request_id: 'r1', data })
    const saved = run(await write('answer.json', answer({ ...signed, verdict })), '--key', key)
    assert.deepEqual([saved.status, /The certificate holds/.test(saved.out)], [0, true], saved.out)
    const other = { ...signed, document: { ...signed.document, upper: 0.01 } }
    const untrue = run(await write('untrue.json', answer(other)), '--key', key)
    assert.deepEqual([untrue.status, /The certificate does NOT hold/.test(untrue.out)], [1, true])
    const changed = run(await write('changed.json', JSON.stringify(other)), '--key', key)
    assert.deepEqual([changed.status, /The certificate does NOT hold/.test(changed.out)], [1, true])
    const cut = run(file, '--key', key, '--rows', await write('fewer.txt', linesOf(rows.slice(1)).join('')))
    assert.equal(cut.status, 1, cut.out)
    const keyless = run(file)
    assert.deepEqual([keyless.status, /give the key you know with --key/.test(keyless.out)], [2, true])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what is stored beside the document is what it says, and reads back', async () => {
  const { signed } = await certificateOf('act', 'stored')
  const row = recordCertificateRow(signed)
  assert.deepEqual(
    [row.cuts, row.recordId, row.attempt, row.threshold, row.below],
    [
      signed.document['cuts'],
      (signed.document['record'] as JsonObject)['id'],
      0,
      (signed.document['cut'] as JsonObject)['threshold'],
      null,
    ],
  )
  assert.deepEqual(readCertificate(row.document), JSON.parse(JSON.stringify(signed)))
})

test('certificates of the time before records still verify, and a changed figure is found', async () => {
  const file = new URL('tests/fixtures/certificate-1/certificates.json', root)
  const kept = JSON.parse(await readFile(file, 'utf8')) as {
    public_key: string
    act: { document: JsonObject }
    clear: { document: JsonObject }
  }
  for (const one of [kept.act, kept.clear]) {
    assert.match(verify(asJson(one), { keys: [kept.public_key] }).join('\n'), /so at most .* budget/)
    const { document } = one
    for (const [other, says] of [
      [{ ...document, upper: 0.001 }, /is not that of/],
      [{ ...document, spending: 2 }, /attempt may spend/],
      [{ ...document, counts: { ...(document['counts'] as JsonObject), wrong: 3 } }, /is not that of/],
      [{ ...document, budget: { ...(document['budget'] as JsonObject), alpha: 0.001 } }, /above the budget/],
    ] as const)
      assert.throws(() => verify(forged(other), { keys }), says)
  }
})
