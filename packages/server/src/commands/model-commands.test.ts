import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { rng } from '@surety/stats'
import { fitOf, type ModelArtefact } from '../model/artefact.ts'
import { exampleModel, leadFeatures } from '../model/example-model.ts'
import { makeSigningKey, signModel, trust } from '../model/signature.ts'
import { inSecondFormat } from '../model/testing/example-trees.ts'
import { createTrainer } from '../pipeline/learn/trainer.ts'
import { sign } from './sign.ts'
import { modelText, train } from './train.ts'
import { verify } from './verify.ts'

const folder = await mkdtemp(join(tmpdir(), 'surety-commands-'))
after(() => rm(folder, { recursive: true, force: true }))
const file = (name: string) => join(folder, name)
const { key } = makeSigningKey()
const now = new Date('2026-03-01T00:00:00Z')

function talk() {
  const out: string[] = []
  const err: string[] = []
  const pod = {
    name: 'customer-ops',
    question: 'main',
    baseFeatures: leadFeatures,
    labels: { booked: 1, ghosted: 0, unqualified: 0, spam: 0, qualified: null, nurture: null },
  } as const
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    now: () => now,
    minAuc: 0.65,
    pod,
    questions: [
      { pod: pod.name, question: 'main', baseFeatures: leadFeatures },
      { pod: 'table', question: 'main', baseFeatures: [] },
    ],
    segmentFeatures: ['intent'],
    signingKey: async () => key,
    trusted: async () => trust(new Map(), key),
    modelPath: file('none.json'),
    verifyReceipts: async () => [],
    verifyAudit: async () => ({ ok: true, entries: 0, unsigned: 0, place: null }),
    async learn(rows, specs, request, onProgress) {
      await using trainer = createTrainer(pod.baseFeatures)
      trainer.add(rows, { hash: 'csv', specs })
      return await trainer.train(request, { onProgress })
    },
  } satisfies Parameters<typeof train>[1] & Parameters<typeof verify>[1]
  return { io, out, err, answer: () => JSON.parse(out.at(-1)!) }
}

/** An export as the service writes it. `days` before now the newest lead was decided. */
function outcomesCsv(
  count: number,
  change: { hashed?: boolean; timed?: boolean; oneClass?: boolean; days?: number } = {},
): string {
  const random = rng(5)
  const { hashed = false, timed = true, oneClass = false, days = 1 } = change
  const lines = [
    `lead_id,${hashed ? 'tenant_hash' : 'tenant'},intent,sentiment,urgency,score,details_len,hour_of_day,outcome,label,${timed ? 'decided_at,' : ''}pred_prob,model_version,label_source,attr.size,attr.region`,
  ]
  for (let k = 0; k < count; k++) {
    const intent = ['quote', 'info', 'support'][random.int(3)]!
    const score = random.uniform()
    const size = random.int(9)
    const z = 4 * (score - 0.5) + (intent === 'quote' ? 1 : -0.5)
    const booked = !oneClass && random.uniform() < 1 / (1 + Math.exp(-z))
    const at = new Date(now.getTime() - days * 86_400_000 - (count - k) * 3_600_000).toISOString()
    const decided = timed ? `${at},` : ''
    lines.push(
      `L${k},acme,${intent},neutral,medium,${score},${random.int(300)},${random.int(24)},${booked ? 'booked' : 'ghosted'},${booked ? 1 : 0},${decided},,reported,${k % 7 === 0 ? '' : size},"'=north, ""A"""`,
    )
  }
  return `${lines.join('\r\n')}\r\n`
}
const write = async (name: string, text: string): Promise<string> => {
  await writeFile(file(name), text)
  return file(name)
}
const readModel = async (path: string): Promise<ModelArtefact> => JSON.parse(await readFile(path, 'utf8'))

test('fact 53: the same CSV and seed trained twice give equal coefficients, and the file verifies', async () => {
  const input = await write('good.csv', outcomesCsv(900))
  const first = talk()
  assert.equal(await train(['--input', input, '--output', file('one.json'), '--seed', '3'], first.io), 0)
  assert.equal(await train(['--input', input, '--output', file('two.json'), '--seed', '3'], talk().io), 0)
  const [one, two] = [await readModel(file('one.json')), await readModel(file('two.json'))]
  assert.deepEqual(one, two)
  assert.equal(one.metrics.n_train, 720)
  assert.deepEqual(one.features.slice(7), ['attr.region', 'attr.size'])
  assert.deepEqual(one.encoders['attr.region'], { kind: 'onehot', levels: ['=north, "A"'], other: 'zero' })
  assert.ok(fitOf(one).columns.includes('attr.size=missing'))
  assert.equal(first.out.length, 1)
  assert.equal(first.answer().digest, one.digest)
  const checked = talk()
  assert.equal(await verify([file('one.json')], checked.io), 0)
  assert.equal(checked.answer().model.version, one.version)
})

test('fact 53: 60 rows and one class are refused with exit 3, and the output file is untouched', async () => {
  const output = await write('kept.json', 'untouched')
  const before = await readdir(folder)
  const few = talk()
  assert.equal(await train(['--input', await write('few.csv', outcomesCsv(60)), '--output', output], few.io), 3)
  assert.match(few.answer().error, /67 more training rows \(33 of 100\)/)
  const one = talk()
  const input = await write('one-class.csv', outcomesCsv(400, { oneClass: true }))
  assert.equal(await train(['--input', input, '--output', output], one.io), 3)
  assert.match(one.answer().error, /20 more rows with label 1 \(0 of 20\)/)
  assert.equal(await readFile(output, 'utf8'), 'untouched')
  assert.deepEqual(await readdir(folder), [...before, 'few.csv', 'one-class.csv'].sort())
})

test('hashed tenants are read as other, and without times the order of the file counts, with a warning', async () => {
  const input = await write('hashed.csv', outcomesCsv(900, { hashed: true, timed: false }))
  const { io, err } = talk()
  assert.equal(await train(['--input', input, '--output', file('hashed.json')], io), 0)
  assert.ok(err.some(line => /no column decided_at/.test(line)))
  const model = await readModel(file('hashed.json'))
  assert.deepEqual(model.encoders['tenant'], { kind: 'onehot', levels: [], other: true })
  assert.deepEqual([model.training.from, model.training.to], [null, null])
})

test('a stale export is refused, and the verdict can be written to a file', async () => {
  const { io } = talk()
  const input = await write('stale.csv', outcomesCsv(900, { days: 61 }))
  assert.equal(await train(['--input', input, '--output', file('stale.json'), '--report', file('verdict.json')], io), 3)
  const verdict = JSON.parse(await readFile(file('verdict.json'), 'utf8'))
  assert.deepEqual(
    verdict.checks
      .filter((check: { passed: boolean }) => check.passed === false)
      .map((check: { name: string }) => check.name),
    ['freshness'],
  )
})

test('a bad file is a technical failure with the row; bad arguments are usage', async () => {
  const output = file('never.json')
  const failing = async (text: string) => {
    const { io, answer } = talk()
    assert.equal(await train(['--input', await write('bad.csv', text), '--output', output], io), 1)
    return answer().error
  }
  assert.match(await failing('lead_id,label\nL1,1\n'), /no column score/)
  assert.match(
    await failing(
      outcomesCsv(3)
        .replace(/,1,2026/, ',maybe,2026')
        .replace(/,0,2026/, ',maybe,2026'),
    ),
    /Row \d: label must be/,
  )
  const { io, answer } = talk()
  assert.equal(await train(['--input', file('absent.csv'), '--output', output], io), 1)
  assert.equal(answer().code, 'csv.not_found')
  for (const args of [[], ['--input', 'a'], ['--input', 'a', '--output', 'b', '--seed', '-1'], ['--what'], ['extra']])
    assert.equal(await train(args, talk().io), 2)
  assert.equal(await train(['--help'], talk().io), 0)
})

test('fact 62: an edited model is found, and the place is named', async () => {
  const model = signModel(exampleModel(), key)
  const edited = { ...model, intercept: 0.25 }
  const path = await write('edited.json', JSON.stringify(edited))
  const { io, answer, err } = talk()
  assert.equal(await verify([path], io), 1)
  assert.equal(answer().model.code, 'digest_mismatch')
  assert.match(answer().model.detail, new RegExp(model.digest))
  assert.match(err.join('\n'), /edited\.json: Model digest mismatch/)
  const resigned = signModel(exampleModel(), makeSigningKey().key)
  assert.equal(await verify([await write('foreign.json', JSON.stringify(resigned))], talk().io), 1)
  assert.equal(await verify([file('absent.json')], talk().io), 1)
  assert.equal(await verify([], talk().io), 1)
  assert.equal(await verify(['a', 'b'], talk().io), 2)
})

test('a whole file below the floor is still what was signed, and says what the gate would answer', async () => {
  const weak = signModel(exampleModel({ metrics: { auc: 0.6 } }), key)
  const { io, answer } = talk()
  assert.equal(await verify([await write('weak.json', JSON.stringify(weak))], io), 0)
  assert.equal(answer().model.gate, 'auc_below_threshold')
})

test('a broken audit chain fails the verification and names the place', async () => {
  const { io, answer } = talk()
  const broken = {
    ...io,
    verifyAudit: async () => ({ ok: false, entries: 4, unsigned: 0, place: 'tenant acme, entry 3' }),
  }
  assert.equal(await verify(['--audit'], broken), 1)
  assert.equal(answer().audit.place, 'tenant acme, entry 3')
})

test('trees are trained, verified and signed like a logistic model, and the same rows give the same bytes', async () => {
  const input = await write('forest.csv', outcomesCsv(900))
  const first = talk()
  const asked = (name: string) => ['--input', input, '--output', file(name), '--kind', 'trees']
  assert.equal(await train(asked('trees.json'), first.io), 0)
  assert.equal(await train(asked('again.json'), talk().io), 0)
  assert.equal(await readFile(file('trees.json'), 'utf8'), await readFile(file('again.json'), 'utf8'))
  const model = await readModel(file('trees.json'))
  assert.ok(model.schema === 'surety.model/2' && model.fit.kind === 'trees')
  assert.deepEqual(
    [model.pod, model.question, model.fit.trees.length],
    ['customer-ops', 'main', model.report?.['trees']],
  )
  assert.ok(model.fit.columns.includes('attr.size') && !model.fit.columns.includes('attr.size=missing'))
  const checked = talk()
  assert.equal(await verify([file('trees.json')], checked.io), 0)
  assert.equal(checked.answer().model.gate, 'passes')
  const { digest, signature: _, ...unsigned } = model
  const elsewhere = await write('elsewhere-trees.json', JSON.stringify({ ...unsigned, digest: undefined }))
  const signing = talk()
  assert.equal(await sign([elsewhere], signing.io), 0)
  assert.equal(signing.answer().digest, digest)
  const broken = { ...unsigned, fit: { ...model.fit, trees: [{ ...model.fit.trees[0], left: [0] }] } }
  const refused = talk()
  assert.equal(await sign([await write('broken-trees.json', JSON.stringify(broken))], refused.io), 3)
  assert.match(refused.answer().error, /^Model trees are malformed: tree 0: lists of unequal length/)
  assert.equal(await train([...asked('no.json').slice(0, 4), '--kind', 'forest'], talk().io), 2)
})

test('lists of numbers take one line each, and nothing else of a file is moved', async () => {
  const model = { ...exampleModel(), report: { note: '[\n 1, 2 ]', rows: [[1, 2.5e-7], ['[1, 2]']], none: [] } }
  const text = modelText(model)
  assert.deepEqual(JSON.parse(text), model)
  assert.match(text, /"coefficients": \[0,0,0,/)
})

test('a model is held to the question that it names, of any installed pod', async () => {
  const model = (pod: string, question: string) => signModel({ ...inSecondFormat(exampleModel(), question), pod }, key)
  const checked = async (named: object) => {
    const { io, answer } = talk()
    const code = await verify([await write('named.json', JSON.stringify(named))], io)
    return [code, answer().model.detail ?? answer().model.gate]
  }
  assert.deepEqual(await checked(model('customer-ops', 'main')), [0, 'passes'])
  assert.deepEqual(await checked(model('table', 'main')), [0, 'passes'])
  const unknown = 'No installed pod called table asks refunds.'
  assert.deepEqual(await checked(model('table', 'refunds')), [1, unknown])
  const { io, answer } = talk()
  assert.equal(await sign([await write('refunds.json', JSON.stringify(model('table', 'refunds')))], io), 3)
  assert.equal(answer().error, unknown)
})

test('sign adopts a model trained elsewhere and refuses one that does not hang together', async () => {
  const path = await write('elsewhere.json', JSON.stringify(exampleModel()))
  assert.equal(await sign([path], talk().io), 0)
  assert.equal(await verify([path], talk().io), 0)
  const broken = await write('short.json', JSON.stringify({ ...exampleModel(), coefficients: [1] }))
  const { io, answer } = talk()
  assert.equal(await sign([broken, '--output', file('no.json')], io), 3)
  assert.match(answer().error, /Model features do not match: there must be one coefficient per column/)
  await assert.rejects(readFile(file('no.json')), /ENOENT/)
  assert.equal(await sign([await write('list.json', '[]')], talk().io), 3)
  assert.equal(await sign([await write('text.json', 'text')], talk().io), 1)
  assert.equal(await sign([], talk().io), 2)
})
