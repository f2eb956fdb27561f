import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detector, kind, pod, state } from '@surety/contract'
import Type from 'typebox'
import { heating, reading, thermostat } from '../../../tests/thermostats/pod.ts'
import { installed } from './pods.ts'
import { startWorld, type World } from './testing/start-world.ts'

const clock = new Date('2027-03-01T12:00:00Z')
const pods = [...installed.pods, heating]
const world = await startWorld({ pods, now: () => clock })
test.after(() => world[Symbol.asyncDispose]())

const minutesAgo = (n: number): string => new Date(clock.getTime() - n * 60_000).toISOString()
const read = (id: string, code: string, celsius: number, ago: number, type = 'thermostat.reading') => ({
  event_id: id,
  type,
  occurred_at: minutesAgo(ago),
  data: { code, celsius },
})
const send = async (body: unknown, of: World = world) => {
  const answer = await of.call('/v1/events', { body })
  assert.ok(answer.status === 200 || answer.status === 201, answer.text)
  return answer.data
}
let versions = 0
async function fit(code: string, target: number): Promise<void> {
  const value = { code, room: 'hall', target, tags: [], fitted: null }
  const path = `/v1/entities/thermostat${versions === 0 ? '' : `/${code}`}?pod=heating`
  const body = versions === 0 ? { value, effective_from: '2027-01-01T00:00:00Z' } : { value, version: versions }
  const made = await world.call(path, { key: await world.key('admin'), method: versions === 0 ? 'POST' : 'PUT', body })
  assert.equal(made.status, 200, made.text)
  versions++
}
const codes = (answer: { findings: readonly { code: string }[] }) => answer.findings.map(({ code }) => code)
// biome-ignore lint/suspicious/noExplicitAny: rows of many tables
const rows = async (table: string, where: string): Promise<any[]> => {
  const text = `select * from ${table} where tenant_id = 'acme' and ${where}`
  return (await world.database.db.read(['acme'], db => db.query(text))).rows
}

test('a reading is measured by the rules: with what is known of its thermostat, and what was before it', async () => {
  await fit('T1', 20)
  const first = await send(read('r1', 'T1', 21, 50))
  assert.deepEqual(codes(first), [])
  // It has no past yet, so whether it fails is not asked.
  assert.deepEqual(first.decisions, [])
  const { items } = await send([read('r2', 'T1', 32, 40), read('r3', 'T1', 33, 30), read('r3', 'T1', 33, 30)])
  assert.deepEqual(items.map(codes), [['TOO_WARM', 'JUMP'], ['TOO_WARM'], ['TOO_WARM']])
  assert.deepEqual(
    items.map((item: { status: string }) => item.status),
    ['recorded', 'recorded', 'duplicate'],
  )
  assert.deepEqual(items[0].findings[0], {
    code: 'TOO_WARM',
    family: 'heat',
    about: null,
    severity: 'CRITICAL',
    confidence: 0.8,
    value: 12,
    limit: 3,
    evidence: { last: 21 },
  })
  const again = await send(read('r2', 'T1', 32, 40))
  assert.deepEqual([again.status, codes(again)], ['duplicate', ['TOO_WARM', 'JUMP']])
  const [event] = await rows('events', `event_id = 'r3'`)
  assert.deepEqual([event.versions, event.reference_change], [{ 'thermostat:T1': 3 }, 1])
  const [decision] = await rows('decisions', `event_id = 'r3' and question = 'failing'`)
  // Excess, degrees an hour since the first, nobody near, one finding.
  assert.deepEqual(decision.features, [13, 36, false, 1])
  assert.match(decision.findings_digest, /^[0-9a-f]{64}$/)
})

test('what comes late is judged as of its own time, and looks at what has come after it', async () => {
  // Warm between two that are not: the later one came first.
  await send([read('l1', 'T1', 20, 20), read('l3', 'T1', 21, 10)])
  const late = await send(read('l2', 'T1', 29, 15))
  assert.deepEqual(codes(late), [])
  const [{ features }] = await rows('decisions', `event_id = 'l2' and question = 'failing'`)
  assert.equal(features[0], 9)
  // The one after it was not warm either.
  const dayOld = await send(read('old', 'T1', 29, 25 * 60))
  assert.deepEqual([dayOld.decisions, codes(dayOld)], [[], []])
})

test('a change of reference data counts from the next reading on, and so does a limit that an operator moves', async () => {
  assert.deepEqual(codes(await send(read('c1', 'T1', 26, 5))), ['TOO_WARM'])
  await fit('T1', 25)
  // The change holds from its own moment on.
  const now = await send({ ...read('c2', 'T1', 27, 0) })
  assert.deepEqual(codes(now), [])
  const put = (value: number) =>
    world.key('admin').then(key =>
      world.call('/ops/settings/policy?pod=heating&apply=true', {
        key,
        method: 'PUT',
        body: { 'over.degrees': value },
      }),
    )
  const refused = await put(0.1)
  assert.equal(refused.status, 422, refused.text)
  assert.match(refused.text, /over\.degrees must be a number from 0\.5 to 20/)
  assert.equal((await put(1)).status, 200)
  const [finding] = (await send(read('c3', 'T1', 27, 0))).findings
  assert.deepEqual([finding.code, finding.value, finding.limit], ['TOO_WARM', 2, 1])
})

test('what was never set up is unknown and no finding; a key that cannot be one is refused', async () => {
  const stranger = await send(read('u1', 'T9', 90, 1))
  assert.deepEqual(codes(stranger), [])
  const [unknown] = await rows('evaluations', `event_id = 'u1'`)
  assert.deepEqual([unknown.unknown, unknown.fired, unknown.measured], ['not_configured', false, null])
  const refused = await world.call('/v1/events', { body: read('u2', 'T 9', 20, 1) })
  assert.equal(refused.status, 422, refused.text)
})

test('findings are listed newest first, by rule, in pages; places of other lists are refused', async () => {
  const list = (query: string) => world.call(`/v1/findings?${query}`)
  const all = (await list('limit=200')).data
  assert.ok(all.items.length >= 5 && all.next === null)
  assert.deepEqual(new Set(all.items.map((one: { pod: string }) => one.pod)), new Set(['heating']))
  const paged: unknown[] = []
  for (let cursor = ''; ; ) {
    const page = (await list(`limit=2${cursor}`)).data
    paged.push(...page.items)
    if (page.next === null) break
    cursor = `&cursor=${page.next}`
  }
  assert.deepEqual(paged, all.items)
  const warm = (await list('code=TOO_WARM&limit=1')).data
  assert.equal(warm.items[0].code, 'TOO_WARM')
  for (const query of [`limit=1&cursor=${warm.next}`, 'code=NONE', 'pod=table', 'pod=nobody'])
    assert.equal((await list(query)).status, 422, query)
  const other = await world.key('viewer', 'other')
  assert.deepEqual((await world.call('/v1/findings', { key: other })).data.items, [])
})

test('rules and failures are counted', async () => {
  const text = await world.app.registry.metrics()
  assert.match(text, /^evaluation_total\{pod="heating",code="TOO_WARM",result="unknown"\} 1$/m)
  assert.match(text, /^evaluation_total\{pod="heating",code="JUMP",result="fired"\} [1-9]/m)
  assert.match(text, /^lead_conservation_imbalance 0$/m)
})

test('a rule that throws is unknown; what else throws refuses its event alone, whose id stays free', async () => {
  const Odd = Type.Object({ code: Type.String(), celsius: Type.Number() })
  const odd = kind('odd.reading', { schema: Odd, read: reading.read, groups: data => [thermostat.of(data.code)] })
  let bad = true
  const counted = state({
    name: 'counted',
    group: thermostat,
    on: [odd],
    initial: { count: 0 },
    fold({ count }, { event }) {
      if (bad && event.data.celsius === 13) throw new Error('13')
      return { count: count + 1 }
    },
  })
  const throws = detector('THROWS', {
    family: 'x',
    severity: 'LOW',
    confidence: 0.5,
    on: [odd],
    detect() {
      throw new Error('no')
    },
  })
  const [question] = heating.questions
  const broken = pod({
    ...heating,
    name: 'odd',
    kinds: { [odd.name]: odd },
    entities: [],
    state: [counted],
    detectors: [throws],
    ticks: [],
    questions: [
      {
        ...question,
        on: [odd.name],
        needs: {},
        about: () => [{ key: '' }],
        features: ({ look }) => {
          if (bad && look !== undefined && (look.event.data as { celsius: number }).celsius === 14)
            throw new Error('14')
          return [null, null, null, 0]
        },
      },
    ],
  })
  await using other = await startWorld({
    pods: [...installed.pods, broken],
    database: world.database,
    now: () => clock,
  })
  const one = (id: string, celsius: number) => read(id, 'T5', celsius, 1, 'odd.reading')
  const { items } = await send([one('o1', 1), one('o2', 13), one('o3', 14), one('o4', 2)], other)
  assert.deepEqual(
    items.map(({ status, code }: { status: string; code?: string }) => code ?? status),
    ['recorded', 'internal', 'internal', 'recorded'],
  )
  const counts = async () => (await rows('state_rows', `pod = 'odd'`)).map(({ value }) => value)
  assert.deepEqual(await counts(), [{ count: 2 }])
  assert.deepEqual(
    (await rows('evaluations', `pod = 'odd'`)).map(({ unknown }) => unknown),
    ['error', 'error'],
  )
  bad = false
  assert.equal((await send(one('o2', 13), other)).status, 'recorded')
  assert.deepEqual(await counts(), [{ count: 3 }])
  assert.match(await other.app.registry.metrics(), /^event_failed_total\{pod="odd"\} 2$/m)
})
