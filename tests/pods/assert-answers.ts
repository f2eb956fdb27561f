import assert from 'node:assert/strict'
import type { Group, GroupKey, Pod } from '@surety/contract'
import type { Examined } from './find-pods.ts'

/** Every group that a case of a pod may hold. */
const groupsOf = ({ state, ticks, questions }: Pod): readonly Group[] => [
  ...new Set([
    ...state.flatMap(({ group, link }) => [group, ...(link === null ? [] : [link.to])]),
    ...ticks.map(({ group }) => group),
    ...questions.flatMap(({ hangs }) => hangs?.rule.group ?? []),
  ]),
]

/** What belongs to a case holds all groups of the case: whoever changes a case holds them, and the line finds it by them. */
export function assertAnswers(
  { pod, events, settings }: Pick<Examined, 'pod' | 'events' | 'settings'>,
  now: Date,
): void {
  const ofCase = groupsOf(pod).map((group): GroupKey => group.of('A')!)
  for (const [kind, { belongs, groups, read }] of Object.entries(pod.kinds)) {
    if (belongs === undefined || groups === undefined) continue
    const result = read(events[kind], { now, settings })
    assert.ok(result.ok, `${pod.name}: the sample of ${kind} is none`)
    const held = groups(result.event.payload, { get: () => null, groupsOfCase: () => ofCase })
    for (const { group, key } of ofCase)
      assert.ok(
        held.some(one => one?.group === group && one.key === key),
        `${pod.name}: ${kind} leaves out the ${group.name} of its case`,
      )
  }
}
