import { type Evaluation, groupId } from '@surety/contract'
import type { CaseRow } from '../../store/cases.ts'
import type { EvaluationRow } from '../../store/evaluations.ts'
import type { FindingGroupRow } from '../../store/finding-groups.ts'
import type { HeldWrites } from '../../store/state-batch.ts'
import type { BookedCase, CaseBook } from '../attach/case-book.ts'
import type { OnceBook } from '../attach/once-book.ts'
import type { Memory } from '../detect/memory.ts'
import { allOf, type Decided, type Judged, type Stateful } from '../item.ts'
import { type BatchDeps, caseKey, isDecided, toBatch } from './batch.ts'
import { placesOf } from './inbox-places.ts'
import { quietTicks } from './quiet-ticks.ts'

/** An event as it leaves the line: what it asked is answered. */
export type Ended = Judged | (Judged & Decided)

/** What one batch came to under its locks. */
export interface Walked {
  readonly items: readonly Ended[]
  readonly refused: ReadonlyMap<Stateful, unknown>
}

/** All that a batch leaves. The epoch is held. */
export function writesOf(
  items: readonly Ended[],
  book: CaseBook,
  onces: OnceBook,
  memory: Memory,
  refused: ReadonlyMap<Stateful, unknown>,
  recorder: BatchDeps,
): HeldWrites<Walked> {
  const { groups, rows } = memory.left()
  const [first] = items
  const place = { tenant: first?.raw.tenant ?? '', pod: first?.pod.name ?? '' }
  const updatedAt = first?.recordedAt ?? new Date(0)
  const batch = toBatch(items, recorder)
  const quiet = quietTicks(items)
  return {
    // The epoch is held: nothing has to be compared as it is written.
    batch: { ...batch, events: quiet.heard(batch.events), epochs: [] },
    groups: groups.map(group => ({ ...place, ...group })),
    rows: rows.map(({ group, kind, bucket, text }) => ({ ...place, group, kind, bucket, value: text, updatedAt })),
    evaluations: quiet.heard(items).flatMap(evaluationRows),
    findingGroups: items.flatMap(findingGroupRows),
    tickFolds: quiet.folds,
    ...caseRows(place, items, book, recorder),
    onceActs: onces.left().map(({ at, until, label: _label, toldAt: _toldAt, ...done }) => ({
      ...place,
      ...done,
      at: new Date(at),
      until: new Date(until),
      recordedAt: updatedAt,
    })),
    refused: [...refused.keys()].map(({ eventId }) => eventId),
    done: { items, refused },
  }
}

/** Cases that were opened or changed, how the new ones are found, and their places in the inbox. */
function caseRows(
  place: { readonly tenant: string; readonly pod: string },
  items: readonly Ended[],
  book: CaseBook,
  recorder: BatchDeps,
) {
  const { opened, changed } = book.left()
  const decided = items.filter(item => isDecided(item))
  const opening = new Map(
    decided
      .flatMap(allOf)
      .toReversed()
      .filter(({ hung }) => hung?.did === 'opened')
      .map(one => [one.caseId, one]),
  )
  return {
    cases: [...opened, ...changed].map(one => caseRow(place, one)),
    caseKeys: opened.map(({ id }) => caseKey(opening.get(id)!)),
    waiting:
      recorder.manner?.().keepsInbox === false
        ? []
        : placesOf(decided.filter(({ question }) => question.hangs !== undefined)),
  }
}

const caseRow = (
  place: { readonly tenant: string; readonly pod: string },
  { firstSeen, lastSeen, joinsUntil, clockFrom, openedAt, closedAt, ...one }: BookedCase,
): CaseRow => ({
  ...place,
  caseId: one.id,
  rule: one.rule,
  key: one.key,
  type: one.type,
  subject: one.subject,
  severity: one.severity,
  group: one.group,
  groups: one.groups,
  occurrences: one.occurrences,
  asked: one.asked,
  settled: one.settled,
  firstSeen: new Date(firstSeen),
  lastSeen: new Date(lastSeen),
  joinsUntil: joinsUntil === null ? null : new Date(joinsUntil),
  clockFrom: new Date(clockFrom),
  openedAt: new Date(openedAt),
  closedAt: closedAt === null ? null : new Date(closedAt),
})

function evaluationRows(item: Ended): readonly EvaluationRow[] {
  const { raw, pod, eventId, recordedAt, occurredAt } = item
  const caseOf = casesOfFindings(item)
  return [...item.evaluations, ...item.unknowns].map((of, place) => ({
    tenant: raw.tenant,
    pod: pod.name,
    eventId,
    place,
    recordedAt,
    occurredAt,
    family: 'why' in of ? (pod.detectors.find(({ code }) => code === of.code)?.family ?? '') : of.family,
    caseId: 'why' in of ? null : caseOf(of),
    of,
  }))
}

/** The case that a finding hangs on: that of the first question that was asked about it and hangs on one. */
function casesOfFindings(item: Ended): (of: Evaluation) => string | null {
  const hung = isDecided(item) ? allOf(item).filter(one => one.hung !== undefined) : []
  return ({ code, about }) => {
    const asked = hung.find(({ look }) => look?.subject.finding?.code === code && look.subject.finding.about === about)
    return asked?.caseId ?? null
  }
}

/** Each that fired, once for each group of its event. */
function findingGroupRows({ raw, pod, eventId, recordedAt, own, evaluations }: Ended): readonly FindingGroupRow[] {
  const groups = [...own.values()].map(groupId)
  return evaluations.flatMap(({ fired }, place) =>
    fired ? groups.map(group => ({ tenant: raw.tenant, pod: pod.name, group, recordedAt, eventId, place })) : [],
  )
}
