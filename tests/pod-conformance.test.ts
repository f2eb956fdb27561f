import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  canonical,
  type Json,
  type JsonObject,
  type Pod,
  type PodCounts,
  type PodSettings,
  type Question,
  type ReadEvent,
} from '@surety/contract'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { pods as served } from '../packages/server/src/pods.ts'
import { samples } from './pod-samples.ts'

/** Everything in a pod's file that is a pod; a folder that has one is examined whether an installation serves it or not. */
const isPod = (value: unknown): value is Pod =>
  typeof value === 'object' && value !== null && 'kinds' in value && 'questions' in value && 'asked' in value
const folders = globSync('pods/*/src/pod.ts').toSorted()
const inFolders = await Promise.all(
  folders.map(async file => ({
    file,
    found: Object.values((await import(`../${file}`)) as Record<string, unknown>).filter(isPod),
  })),
)
const examined = [...new Set([...served, ...inFolders.flatMap(({ found }) => found)])]

test('every pod that is served, and every folder with a pod, is examined, with samples of its own', () => {
  assert.ok(served.length > 0 && folders.length > 0)
  for (const { file, found } of inFolders) assert.equal(found.length, 1, `${file} exports ${found.length} pods`)
  for (const { name } of examined)
    assert.ok(samples[name], `pod ${name} has no samples in tests/pod-samples.ts: give it one event of each kind`)
  assert.deepEqual(Object.keys(samples).sort(), examined.map(({ name }) => name).toSorted(), 'samples without a pod')
  const text = readFileSync('packages/server/src/pods.ts', 'utf8')
  for (const { name } of served) assert.ok(text.includes(`@surety/pod-${name}`), name)
})

const now = new Date('2026-03-10T09:30:00Z')
const tenant = 'tenant-a'

for (const pod of examined) {
  const own = samples[pod.name]
  if (own === undefined) continue
  const { settings, events, answer } = own
  const title = (sentence: string): string => `${pod.name}: ${sentence}`
  const kindNames = Object.keys(pod.kinds)
  const asking = kindNames.filter(kind => pod.asked.has(kind))

  const read = (kind: string, data: unknown) => {
    const definition = pod.kinds[kind]
    assert.ok(definition, `kind ${kind}`)
    return definition.read(data, { now, settings })
  }
  const mustRead = (kind: string, data: unknown): ReadEvent => {
    const result = read(kind, data)
    assert.ok(result.ok, JSON.stringify(result))
    return result.event
  }
  const question = (kind: string) => pod.asked.get(kind)![0]!
  const vector = (kind: string, event: ReadEvent) => {
    const enrichment = pod.enrich(event, { now, settings, enrichment: true })
    return question(kind).features({ event, enrichment, tenant, recordedAt: now, settings })
  }
  // JSON that resembles an event: its own field names and foreign ones, good values and hostile ones.
  const hostile = (kind: string): fc.Arbitrary<unknown> => {
    const good = events[kind] ?? {}
    const field = fc.oneof(
      fc.constantFrom(...Object.keys(good)),
      fc.constantFrom('__proto__', 'constructor', 'x\0', 'zz'),
    )
    const value = fc.oneof(
      fc.constantFrom<Json>('', ' ', '\0', 'a\0b', '\ud800', 'x'.repeat(9000), -1, 0.5, 1e308, {}, [], null),
      fc.constantFrom<Json>(...Object.values(good)),
      fc.jsonValue(),
    )
    const changes = fc.array(fc.tuple(field, value), { maxLength: 4 }).map(pairs => Object.fromEntries(pairs))
    const nested = fc
      .dictionary(fc.string(), fc.jsonValue())
      .map(inner => ({ ...good, columns: inner, attributes: inner }))
    return fc.oneof(
      fc.jsonValue(),
      changes,
      changes.map(change => ({ ...good, ...change })),
      nested,
    )
  }

  test(title('counts what its catalogue names, and every series of it exists before the first event'), () => {
    const { metrics } = pod
    if (metrics === null) return
    for (const [name, { labels, type }] of Object.entries(metrics.catalogue)) {
      assert.match(name, /^[a-z]+(?:_[a-z]+)+$/)
      if (type === 'counter') for (const values of metrics.first[name] ?? []) assert.equal(values.length, labels.length)
      assert.equal(metrics.first[name] !== undefined, type === 'counter', name)
    }
    const counted = new Set<string>()
    for (const kind of asking) {
      const enrichment = pod.enrich(mustRead(kind, events[kind]), { now, settings, enrichment: true })
      const counts: PodCounts = {
        add(name, ...values) {
          counted.add(name)
          assert.ok(
            metrics.first[name]?.some(first => first.join() === values.join()),
            `${name} has no series ${values} at the start`,
          )
        },
        observe: name => void counted.add(name),
      }
      for (const route of ['/v1/events', 'none']) metrics.count(enrichment, counts, route)
    }
    assert.deepEqual([...counted].sort(), Object.keys(metrics.catalogue).sort())
  })

  test(title('a file of the past becomes events that the pod reads, under settings that it accepts'), () => {
    const { history } = pod
    if (history === null) return
    const columns = [
      { name: 'Amount due', kind: 'numeric' },
      { name: 'town', kind: 'categorical' },
      { name: '2nd call', kind: 'boolean' },
    ]
    const told = history.settings(columns, [{ name: 'later', kind: 'boolean' }])
    assert.ok(told.ok, JSON.stringify(told))
    const given = Object.assign({}, pod.defaultSettings, ...Object.values(told.settings)) as PodSettings
    assert.deepEqual(pod.checkSettings(given), [])
    const row = { number: 7, at: now, subject: 'S', cells: { 'Amount due': 12.5, town: 'Graz', '2nd call': true } }
    const caseId = history.caseId(row)
    const asks = pod.kinds[history.asks]?.read(history.askData(row, caseId), { now, settings: given })
    assert.ok(asks?.ok, JSON.stringify(asks))
    const enrichment = pod.enrich(asks.event, { now, settings: given, enrichment: true })
    const values = question(history.asks).features({
      event: asks.event,
      enrichment,
      tenant,
      recordedAt: now,
      settings: given,
    })
    for (const cell of Object.values(row.cells)) assert.ok(values.includes(cell), `${cell} is no feature`)
    for (const label of [0, 1] as const) {
      const answers = pod.kinds[history.answers]?.read(history.answerData(caseId, label), { now, settings: given })
      assert.ok(answers?.ok && answers.event.outcome?.label === label, JSON.stringify(answers))
    }
    const other = history.caseId({ ...row, number: 8 })
    assert.notEqual(other, caseId)
  })

  test(title('has a name, kinds of two words, and at least one that asks and one that answers'), () => {
    assert.match(pod.name, /^[a-z]+(-[a-z]+)*$/)
    for (const kind of kindNames) assert.match(kind, /^[a-z_]+\.[a-z_]+$/)
    assert.ok(asking.length > 0 && Object.values(pod.kinds).some(kind => kind.belongs === 'outcome'))
    assert.deepEqual(Object.keys(events).sort(), kindNames.toSorted(), 'the suite has one good event of every kind')
  })

  test(title('accepts its own default settings and those of this suite, and never throws on others'), () => {
    assert.deepEqual(pod.checkSettings(pod.defaultSettings), [])
    assert.deepEqual(pod.checkSettings(settings), [])
    const named = fc.dictionary(fc.constantFrom(...Object.keys(pod.defaultSettings)), fc.jsonValue())
    fc.assert(
      fc.property(named, odd => {
        const sentences = pod.checkSettings(odd as JsonObject)
        assert.ok(sentences.every(sentence => typeof sentence === 'string' && sentence.length > 0))
        // Settings that were refused must still not break the line, should they ever be found in a store.
        const context = { now, settings: odd as JsonObject, enrichment: true }
        for (const kind of kindNames) {
          const result = pod.kinds[kind]?.read(events[kind], context)
          if (!result?.ok || !asking.includes(kind)) continue
          const enrichment = pod.enrich(result.event, context)
          const values = question(kind).features({
            ...context,
            event: result.event,
            enrichment,
            tenant,
            recordedAt: now,
          })
          assert.equal(values.length, question(kind).featureSpecs(context.settings).length)
        }
      }),
      { numRuns: 100 },
    )
  })

  test(title('reads a good event of every kind, and its documented schema accepts the same event'), () => {
    for (const kind of kindNames) {
      mustRead(kind, events[kind])
      const schema = pod.kinds[kind]?.schema
      assert.ok(schema)
      assert.ok(Compile(schema).Check(events[kind]), `schema of ${kind}`)
      assert.deepEqual(JSON.parse(JSON.stringify(schema)).type, 'object')
    }
  })

  test(
    title('never throws on any JSON; it answers a storable event or at least one error with path, code and sentence'),
    () => {
      for (const kind of kindNames) {
        fc.assert(
          fc.property(hostile(kind), data => {
            const result = read(kind, data)
            if (!result.ok) {
              assert.ok(result.errors.length > 0)
              const paths = result.errors.map(error => error.path)
              assert.equal(new Set(paths).size, paths.length, 'one entry per field')
              for (const error of result.errors) {
                assert.ok(error.code.length > 0 && error.message.length > 0)
                assert.ok(!error.path.includes('\0'))
              }
              return
            }
            assertStorable(result.event)
            if (pod.asked.has(kind)) assertVector(vector(kind, result.event), question(kind), settings)
          }),
          { numRuns: 250 },
        )
      }
    },
  )

  test(title('keeps contact fields out of what is stored, and has none where it says so'), () => {
    for (const kind of kindNames) {
      fc.assert(
        fc.property(hostile(kind), data => {
          const result = read(kind, data)
          if (!result.ok) return
          const { contact, payload } = result.event
          if (!pod.hasContacts) return assert.equal(contact, undefined)
          for (const field of ['name', 'phone', 'email', 'company']) assert.ok(!Object.hasOwn(payload, field), field)
        }),
        { numRuns: 100 },
      )
    }
    for (const kind of pod.hasContacts ? asking : []) {
      const event = mustRead(kind, events[kind])
      assert.ok(event.contact)
      for (const value of Object.values(event.contact)) assert.ok(!canonical(event.payload).includes(value), value)
    }
  })

  test(title('reads and computes without changing what it was given, and twice gives the same'), () => {
    for (const kind of kindNames) {
      const frozen = deepFreeze(structuredClone(events[kind]))
      assert.deepEqual(mustRead(kind, frozen), mustRead(kind, frozen))
    }
    for (const kind of asking) {
      const event = deepFreeze(mustRead(kind, events[kind]))
      assert.deepEqual(vector(kind, event), vector(kind, event))
    }
  })

  test(title('gives a vector that no later event can change'), () => {
    for (const kind of asking) {
      const event = mustRead(kind, events[kind])
      const before = vector(kind, event)
      fc.assert(
        fc.property(fc.constantFrom(...kindNames), fc.date({ noInvalidDate: true }), (other, later) => {
          const next = mustRead(other, events[other])
          const enrichment = pod.enrich(next, { now: later, settings, enrichment: true })
          if (asking.includes(other)) {
            question(other).features({ event: next, enrichment, tenant: 'tenant-b', recordedAt: later, settings })
          }
          assert.deepEqual(vector(kind, event), before)
        }),
        { numRuns: 50 },
      )
    }
  })

  test(
    title('names every feature once, base features first, and fills the vector in that order with the right kinds'),
    () => {
      for (const one of pod.questions) {
        const specs = one.featureSpecs(settings)
        const names = specs.map(spec => spec.name)
        assert.equal(new Set(names).size, names.length)
        assert.deepEqual(specs.slice(0, one.baseFeatures.length), one.baseFeatures)
        assert.ok(specs.every(spec => spec.meaning.length > 0))
        assert.ok(specs.every(spec => (spec.kind === 'cyclic') === (spec.period !== undefined)))
      }
      for (const kind of asking) assertVector(vector(kind, mustRead(kind, events[kind])), question(kind), settings)
    },
  )

  test(title('answers with label 1 and 0 for the words it calls positive and negative'), () => {
    const [{ outcomes }] = pod.questions
    for (const { outcomes: own } of pod.questions) {
      assert.equal(own.words[own.positive], 1)
      assert.equal(own.words[own.negative], 0)
    }
    for (const label of [0, 1] as const) {
      const word = label === 1 ? outcomes.positive : outcomes.negative
      const { kind, data } = answer(label, word)
      assert.equal(pod.kinds[kind]?.belongs, 'outcome')
      const { outcome } = mustRead(kind, data)
      assert.equal(outcome?.label, label)
      assert.equal(outcome?.outcome, word)
      assert.equal(outcome?.source, 'reported')
    }
  })

  test(title('makes case ids that differ by moment and by random bits, fit 128 characters and sort by time'), () => {
    const moment = fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
    const bits = fc.integer({ min: 0, max: 2 ** 24 - 1 })
    fc.assert(
      fc.property(moment, moment, bits, bits, (one, two, first, second) => {
        const a = pod.newCaseId(one, first)
        const b = pod.newCaseId(two, second)
        assert.ok(a.length > 0 && a.length <= 128)
        assert.equal(a === b, one.getTime() === two.getTime() && first === second)
        if (one < two) assert.ok(a < b)
      }),
    )
  })

  test(title('names its actions once, with an error budget and a threshold strictly between 0 and 1'), () => {
    const names = pod.questions.flatMap(({ actions: { act, clear } }) => [act.name, clear.name])
    assert.equal(new Set(names).size, names.length)
    for (const { actions, threshold } of pod.questions) {
      const { act, clear } = actions
      assert.deepEqual([act.side, clear.side], ['act', 'clear'])
      for (const { alpha, delta, auditRate } of [act, clear])
        for (const share of [alpha, delta, auditRate]) assert.ok(share > 0 && share < 1)
      assert.ok(threshold > 0 && threshold < 1)
    }
  })
}

/** What PostgreSQL and JSON can hold: no NUL, no half surrogate, nothing that a round trip through text would lose. */
function assertStorable(event: ReadEvent): void {
  const text = canonical(event.payload)
  assert.deepEqual(JSON.parse(text), event.payload)
  assert.ok(!/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/.test(text), 'NUL or half surrogate in the payload')
  for (const value of Object.values(event.contact ?? {})) assert.ok(value.isWellFormed() && !value.includes('\0'))
  for (const name of event.ignored) assert.ok(name.isWellFormed() && !name.includes('\0'))
  if (event.caseId !== undefined) assert.ok(event.caseId.length > 0)
  if (event.occurredAt !== undefined) assert.ok(!Number.isNaN(event.occurredAt.getTime()))
}

function assertVector(values: readonly unknown[], { featureSpecs }: Question, settings: PodSettings): void {
  const specs = featureSpecs(settings)
  assert.equal(values.length, specs.length)
  for (const [at, { kind, name, period }] of specs.entries()) {
    const value = values[at]
    if (value === null) continue
    if (kind === 'boolean') assert.equal(typeof value, 'boolean', name)
    else if (kind === 'categorical') assert.equal(typeof value, 'string', name)
    else assert.ok(Number.isFinite(value), name)
    if (kind === 'cyclic') assert.ok(Number(value) >= 0 && Number(value) < Number(period), name)
  }
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member)
    if (!(value instanceof Date)) Object.freeze(value)
  }
  return value
}
