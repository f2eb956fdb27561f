import { type FieldError, type Group, type GroupKey, groupOf, type Pod } from '@surety/contract'
import { EventFailed, PodMistake } from '../errors.ts'
import { type Arrived, isLate, type Rejected, type Snapshot, type Stateful } from './item.ts'
import type { NowDeps } from './now-deps.ts'

/** An event as it came, and as it is known by now. */
export type Known = readonly [origin: Stateful, item: Stateful]

/** What is known of the cases of events. */
export interface Placed {
  readonly known: readonly Known[]
  /** Their case is not there. */
  readonly homeless: readonly Known[]
  /** What they have to hold cannot be named, and why. */
  readonly refused: readonly (readonly [...Known, Rejected])[]
}

/** Events of one tenant and pod; those that belong to a case learn its groups. */
export async function withCases(items: readonly (Stateful | Known)[], deps: NowDeps): Promise<Placed> {
  const all = items.map((item): Known => ('raw' in item ? [item, item] : item))
  const answers = all.filter(([, { kind }]) => kind.belongs !== undefined)
  if (answers.length === 0) return { known: all, homeless: [], refused: [] }
  const [, { raw, pod }] = answers[0]!
  const caseIds = [...new Set(answers.flatMap(([, { caseId }]) => caseId ?? []))]
  const found = await deps.recorder.groupsOfCases(raw.tenant, pod.name, caseIds)
  const groups = groupsByName(pod)
  const snapshot = deps.snapshot()
  const homeless: Known[] = []
  const refused: [...Known, Rejected][] = []
  const known = all.flatMap(([origin, item]): readonly Known[] => {
    if (item.kind.belongs === undefined) return [[origin, item]]
    const keys = found.get(item.caseId ?? '')
    if (keys === undefined) {
      homeless.push([origin, item])
      return []
    }
    const ofCase = keys.map(([id, rank]) => keyOfGroup(id, rank, groups))
    const answer = named({ ...item, ofCase }, snapshot, deps)
    if (!('status' in answer)) return [[origin, answer]]
    refused.push([origin, item, answer])
    return []
  })
  return { known, homeless, refused }
}

/** An answer that does not hold the groups of its case would never close it. @throws PodMistake */
function assertHoldsCase({ pod, raw, named, ofCase = [] }: Stateful): void {
  const left = ofCase.find(({ group, key }) => !named.some(one => one.group.name === group.name && one.key === key))
  if (left !== undefined)
    throw new PodMistake(`The pod ${pod.name}: ${raw.kind} leaves out the ${left.group.name} of its case.`)
}

/** The groups that stand in a pod, as its author wrote them; others are named by its events alone. */
function groupsByName({ state, questions }: Pod): ReadonlyMap<string, Group> {
  const all = [
    ...state.flatMap(({ group, link }) => [group, ...(link === null ? [] : [link.to])]),
    ...questions.flatMap(({ hangs }) => (hangs === undefined ? [] : [hangs.rule.group])),
  ]
  return new Map(all.map(group => [group.name, group]))
}

function keyOfGroup(id: string, rank: number, known: ReadonlyMap<string, Group>): GroupKey {
  const colon = id.indexOf(':')
  const name = id.slice(0, colon)
  return { group: known.get(name) ?? groupOf(name, rank), key: id.slice(colon + 1) }
}

/** The same under what the process knows now of reference data and its case, or why it cannot be placed any more. */
export const named = (item: Stateful, snapshot: Snapshot, deps: Pick<NowDeps, 'failed'>): Stateful | Rejected =>
  unlessUnnamed(item, deps, () => {
    const anew = { ...item, named: groupsOf(item, snapshot) }
    assertHoldsCase(anew)
    return anew
  })

/** @throws RangeError where a key cannot be one; Error where it names two groups of one name */
function groupsOf(
  { kind, event, pod, raw, occurredAt, ofCase = [] }: Arrived & Pick<Stateful, 'ofCase'>,
  snapshot: Snapshot,
): readonly GroupKey[] {
  const known = snapshot.reference(raw.tenant, pod, occurredAt.getTime())
  const reference = { ...known, groupsOfCase: () => ofCase }
  const keys = (kind.groups?.(event.payload, reference) ?? []).filter(key => key !== null)
  if (new Set(keys.map(({ group }) => group.name)).size < keys.length)
    throw new RangeError('names two groups of one name')
  return keys
}

/** The pod failed on one event: its neighbours are judged without it. */
export const notJudged = ({ name }: Pod): Rejected => ({
  status: 'rejected',
  code: 'internal',
  detail: `The pod ${name} failed on this event; nothing of it was stored.`,
})

/** An event that names groups, or why it cannot be placed. */
export function stateful(item: Arrived, snapshot: Snapshot, deps: Pick<NowDeps, 'failed'>): Stateful | Rejected {
  const { raw, eventId, event, occurredAt, recordedAt, questions } = item
  return unlessUnnamed(item, deps, () => ({
    ...item,
    named: groupsOf(item, snapshot),
    decisionId: questions.some(({ hangs }) => hangs === undefined) ? item.ids.uuid(recordedAt) : null,
    seen: {
      kind: raw.kind,
      id: eventId,
      tenant: raw.tenant,
      at: occurredAt.getTime(),
      late: isLate(item),
      data: event.payload,
    },
  }))
}

/** A key that cannot be one is the mistake of its sender, or of who maintains reference data; else it is that of the pod. */
function unlessUnnamed(
  { pod, raw }: Arrived,
  { failed }: Pick<NowDeps, 'failed'>,
  place: () => Stateful,
): Stateful | Rejected {
  try {
    return place()
  } catch (error) {
    if (!(error instanceof RangeError)) {
      failed?.(new EventFailed('name groups', raw, error))
      return notJudged(pod)
    }
    const errors: readonly FieldError[] = [{ path: 'data', code: 'invalid', message: error.message }]
    return { status: 'rejected', code: 'validation_failed', errors }
  }
}
