// What holds of every pod whose kinds name groups: over any past that events can leave, late ones among them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachSide, type PodSettings, type Setting, severities } from '@surety/contract'
import fc from 'fast-check'
import type { Judged } from '../packages/server/src/pipeline/item.ts'
import { assertAnswers } from './pods/assert-answers.ts'
import { assertVector } from './pods/assert-vector.ts'
import { withCheckedState } from './pods/checked-state.ts'
import { examined } from './pods/find-pods.ts'
import { hostileData, variedData } from './pods/hostile-data.ts'
import { InMemoryLine } from './pods/in-memory-line.ts'
import { withNotedSettings } from './pods/noted-settings.ts'

const stateful = examined.filter(({ pod }) => Object.values(pod.kinds).some(({ groups }) => groups !== undefined))
const now = new Date('2026-03-10T09:30:00Z')
const [minute, hour] = [60_000, 3_600_000]

test('there is a pod with state', () => assert.ok(stateful.length > 0))

for (const own of stateful) {
  const { pod, events } = own
  const title = (sentence: string): string => `${pod.name}: ${sentence}`
  const kinds = Object.keys(pod.kinds).filter(kind => pod.kinds[kind]!.groups !== undefined)
  const limits = [...new Set(pod.detectors.flatMap(({ limit }) => limit ?? []))]
  const read = new Set<string>()
  const lineUnder = (settings: PodSettings) =>
    new InMemoryLine({
      ...own,
      pod: withNotedSettings(withCheckedState(pod), read),
      settings: { ...own.settings, ...settings },
    })

  const said = new Set<string>()
  const feed = (line: InMemoryLine, kind: string, data: unknown, at: number): void => {
    const result = pod.kinds[kind]!.read(data, { now, settings: own.settings })
    const judged = result.ok ? line.feed({ kind, event: result.event, at }) : null
    if (judged === null) return
    assertFound(judged)
    assertAsked(judged)
    for (const { code } of [...judged.evaluations, ...judged.unknowns]) said.add(code)
    for (const { question } of judged.asks) said.add(question.name)
    for (const { question, values } of line.vectors(judged)) assertVector(values, question, judged.settings)
  }

  const dataOf = (kind: string): fc.Arbitrary<unknown> => {
    const good = events[kind]!
    const usual = fc.oneof(fc.constant(good), variedData(good))
    if (pod.kinds[kind]!.madeHere === true)
      return fc.constantFrom(0, 10 * minute, now.getTime()).map(gapMs => ({ ...good, gapMs }))
    return fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: hostileData(good) })
  }
  const step = fc.constantFrom(...kinds).chain(kind =>
    fc.record({
      kind: fc.constant(kind),
      data: dataOf(kind),
      // Late ones too, and several of one moment.
      after: fc.oneof(
        fc.constantFrom(0, 1, minute, -minute, hour, -hour, 30 * hour),
        fc.integer({ min: -hour, max: hour }),
      ),
    }),
  )
  const ofLimit = ({ name, min, max, value }: Setting) =>
    fc.constantFrom(min, value, max).map(set => [name, set] as const)
  const someSettings = fc.tuple(...limits.map(ofLimit)).map(pairs => Object.fromEntries(pairs))

  test(title('no fold, rule or question throws on any past, and each says only what may be said'), () => {
    fc.assert(
      fc.property(someSettings, fc.array(step, { maxLength: 30 }), (settings, steps) => {
        const line = lineUnder(settings)
        let at = now.getTime()
        for (const { kind, data, after } of steps) {
          at += after
          feed(line, kind, data, at)
        }
      }),
      { numRuns: 150 },
    )
  })

  test(title('a row of state stays small, however many events it has seen and how close they are'), () => {
    for (const apart of [1000, 5 * minute, hour]) {
      const line = lineUnder({})
      const data = fc.sample(fc.tuple(...kinds.map(dataOf)), { numRuns: 300, seed: 7 })
      for (const [number, ofKinds] of data.entries())
        for (const [place, kind] of kinds.entries()) feed(line, kind, ofKinds[place], now.getTime() + number * apart)
      for (const kind of pod.state)
        assert.ok(line.rows(kind).length > 0, `the samples leave nothing in the state ${kind.name}`)
    }
    for (const name of [...pod.detectors.map(({ code }) => code), ...pod.questions.map(one => one.name)])
      assert.ok(said.has(name), `${name} says nothing of any sample: nothing here examines it`)
    for (const name of read)
      assert.ok(
        name in pod.defaultSettings,
        `the setting ${name} is read and no operator can move it: it is no setting of the pod`,
      )
  })

  test(
    title('each limit may be set to the ends of its range, and to nothing beyond; its name is no other setting'),
    () => {
      for (const { name, min, max, help } of limits) {
        const step = (max - min) / 1000
        for (const good of [min, max]) assert.deepEqual(pod.checkSettings({ ...own.settings, [name]: good }), [])
        for (const bad of [min - step, max + step, `${min}`, null])
          assert.ok(pod.checkSettings({ ...own.settings, [name]: bad }).length > 0, `${name} may be ${bad}`)
        assert.ok(help.length > 0, `${name} says nothing of itself`)
      }
    },
  )

  test(title('what belongs to a case holds all groups of the case, so that it is heard by it'), () =>
    assertAnswers(own, now),
  )

  test(title('rules have names of capitals, a confidence and a severity'), () => {
    for (const { code, family, confidence, severity } of pod.detectors) {
      assert.match(code, /^[A-Z][A-Z0-9_]{0,63}$/)
      assert.match(family, /^[a-z][a-z0-9_]{0,63}$/)
      assert.ok(confidence >= 0 && confidence <= 1 && severities.includes(severity), code)
    }
  })
}

function assertFound({ evaluations, unknowns }: Judged): void {
  for (const { code, why, reason } of unknowns) assert.notEqual(why, 'error', `the rule ${code}: ${reason}`)
  for (const { code, about, severity, confidence, evidence } of evaluations) {
    assert.ok(severities.includes(severity), `${code} has the severity ${severity}`)
    assert.ok(confidence >= 0 && confidence <= 1, `${code} has the confidence ${confidence}`)
    assert.ok(isName(about, 0), `${code} is about ${about}`)
    for (const [name, value] of Object.entries(evidence))
      assert.ok(value === null || typeof value === 'string' || Number.isFinite(value), `${code}: ${name} is ${value}`)
  }
}

/** What a question says of what it does once and of the case that it hangs on, whatever it comes to. */
function assertAsked({ asks, own, seen }: Judged): void {
  for (const {
    question: { name, hangs, actions },
    look,
  } of asks) {
    for (const { name: action, once } of eachSide(actions)) {
      if (once === undefined) continue
      assert.ok(
        own.has(once.group.name),
        `${action} is done once in a ${once.group.name}, which a ${seen.kind} does not hold`,
      )
      assert.ok(isName(once.key(look), 1), `${action}: key ${once.key(look)}`)
    }
    if (hangs === undefined) continue
    const { rule, type, family, subject, severity } = hangs
    assert.ok(own.has(rule.group.name), `${name} hangs on ${rule.name}, and a ${seen.kind} holds no ${rule.group.name}`)
    for (const probability of [null, 0, 0.5, 1])
      assert.ok(severities.includes(severity(look, probability)), `${name}: severity at ${probability}`)
    assert.ok(isName(type(look), 1), `${name}: type ${type(look)}`)
    assert.ok(isName(family?.(look) ?? 'x', 1), `${name}: family`)
    assert.ok(isName(subject?.(look) ?? '', 0), `${name}: subject`)
    const window = rule.windowMs(type(look))
    assert.ok(window === null || window > 0, `${rule.name}: a window of ${window} ms joins nothing`)
  }
}

const isName = (text: unknown, least: number): boolean =>
  typeof text === 'string' && text.length >= least && text.length <= 128 && text.isWellFormed() && !text.includes('\0')
