import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  canonical,
  eachSide,
  type JsonObject,
  type PodCounts,
  type PodSettings,
  type ReadEvent,
} from '@surety/contract'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { pods as served } from '../packages/server/src/pods.ts'
import { samples } from './pod-samples.ts'
import { assertVector } from './pods/assert-vector.ts'
import { deepFreeze } from './pods/deep-freeze.ts'
import { examined, podFiles } from './pods/find-pods.ts'
import { hostileData, variedData } from './pods/hostile-data.ts'
import { InMemoryLine, type Vector } from './pods/in-memory-line.ts'

test('every pod that is served, and every folder with a pod, is examined, with samples of its own', () => {
  assert.ok(served.length > 0 && podFiles.length > served.length)
  const names = examined.map(({ pod }) => pod.name)
  assert.equal(new Set(names).size, names.length)
  for (const name of Object.keys(samples))
    assert.ok(names.includes(name), `there are samples of ${name}, which is no pod`)
  const text = readFileSync('packages/server/src/pods.ts', 'utf8')
  for (const { name } of served) assert.ok(text.includes(`@surety/pod-${name}`), name)
})

const now = new Date('2026-03-10T09:30:00Z')
const tenant = 'tenant-a'

for (const own of examined) {
  const { pod, settings, events, answer } = own
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
  /** What each question that is asked of an event without a past sees. */
  const vectors = (kind: string, event: ReadEvent, given: PodSettings = settings): readonly Vector[] => {
    if (pod.kinds[kind]?.groups !== undefined) {
      const line = new InMemoryLine({ ...own, settings: given })
      const judged = line.feed({ kind, event, at: now.getTime() })
      return judged === null ? [] : line.vectors(judged)
    }
    const enrichment = pod.enrich(event, { now, settings: given, enrichment: true })
    const input = { event, enrichment, tenant, recordedAt: now, settings: given }
    return (pod.asked.get(kind) ?? []).map(question => ({ question, values: question.features(input) }))
  }
  /** Kinds that come through a door. */
  const sent = kindNames.filter(kind => pod.kinds[kind]?.madeHere !== true)
  const hostile = (kind: string) => hostileData(events[kind] ?? {})

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
    const [{ values }] = vectors(history.asks, asks.event, given) as [Vector]
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
          if (!result?.ok) continue
          for (const { question, values } of vectors(kind, result.event, context.settings))
            assert.equal(values.length, question.featureSpecs(context.settings).length)
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
      for (const kind of sent) {
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
            for (const { question, values } of vectors(kind, result.event)) assertVector(values, question, settings)
          }),
          { numRuns: 250 },
        )
      }
    },
  )

  test(title('keeps contact fields out of what is stored, and has none where it says so'), () => {
    for (const kind of sent) {
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
      assert.deepEqual(vectors(kind, event), vectors(kind, event))
    }
  })

  test(title('gives a vector that no later event can change'), () => {
    for (const kind of asking) {
      const event = mustRead(kind, events[kind])
      const before = vectors(kind, event)
      fc.assert(
        fc.property(fc.constantFrom(...kindNames), fc.date({ noInvalidDate: true }), (other, later) => {
          const next = mustRead(other, events[other])
          pod.enrich(next, { now: later, settings, enrichment: true })
          vectors(other, next, { ...settings })
          assert.deepEqual(vectors(kind, event), before)
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
      for (const kind of asking)
        for (const { question, values } of vectors(kind, mustRead(kind, events[kind])))
          assertVector(values, question, settings)
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
      assert.ok(mustRead(kind, data).caseId, `${kind} does not say to which case it belongs`)
    }
  })

  test(
    title('an outcome names a question that is asked, in a word of it, or none; what the inbox reports names none'),
    () => {
      for (const [name, kind] of Object.entries(pod.kinds)) {
        if (kind.belongs !== 'outcome') continue
        fc.assert(
          fc.property(fc.oneof(variedData(events[name]!), hostileData(events[name]!)), data => {
            const result = kind.read(data, { now, settings })
            const named = result.ok ? result.event.outcome?.question : undefined
            if (!result.ok || named === undefined) return
            const found = pod.questions.find(question => question.name === named)
            const { outcome, label } = result.event.outcome!
            assert.ok(found !== undefined, `${named} is no question of it`)
            assert.equal(found.outcomes.words[outcome], label)
          }),
        )
      }
      for (const { outcomes } of pod.questions) {
        const { kind, data } = pod.report('A1', outcomes.positive, null)
        assert.equal(mustRead(kind, data).outcome?.question, undefined)
      }
    },
  )

  test(title('makes case ids that differ by moment and by random bits, fit 128 characters and sort by time'), () => {
    const moment = fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
    const bits = fc.integer({ min: 0, max: 2 ** 24 - 1 })
    fc.assert(
      fc.property(moment, moment, bits, bits, (one, two, first, second) => {
        const a = pod.newCaseId(one, first)
        const b = pod.newCaseId(two, second)
        assert.ok(a.length > 0 && a.length <= 128)
        assert.equal(a === b, one.getTime() === two.getTime() && first === second)
        if (one < two) assert.ok(a < b, `${a} is of an earlier moment than ${b} and sorts behind it: pad its numbers`)
      }),
    )
  })

  test(title('names its actions once, with an error budget and a threshold strictly between 0 and 1'), () => {
    const names = pod.questions.flatMap(({ actions }) => eachSide(actions).map(({ name }) => name))
    assert.equal(new Set(names).size, names.length)
    for (const { actions, threshold } of pod.questions) {
      for (const { name, side } of eachSide(actions))
        assert.equal(actions[side]?.name, name, `${name} stands on the other side`)
      for (const { alpha, delta, auditRate } of eachSide(actions))
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
