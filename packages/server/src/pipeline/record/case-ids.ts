import type { Arrived, Stateful } from '../item.ts'
import { keyOf } from './batch.ts'
import type { Recorder } from './recorder.ts'

/** After a clash: the items whose case, named by their sender, was opened by another event, here or earlier in the batch. */
export async function casesOfOthers<I extends Arrived>(
  opening: readonly I[],
  recorder: Pick<Recorder, 'openings'>,
): Promise<ReadonlySet<I>> {
  const named = opening.flatMap(item => (item.ownCaseId || item.caseId === null ? [] : [{ item, caseId: item.caseId }]))
  const opened = new Map(await recorder.openings(named.map(({ item: { raw }, caseId }) => ({ ...raw, caseId }))))
  const others = new Set<I>()
  for (const { item, caseId } of named) {
    const key = keyOf(item.raw.tenant, caseId)
    const opener = opened.get(key)
    if (opener === undefined) opened.set(key, item.eventId)
    else if (opener !== item.eventId) others.add(item)
  }
  return others
}

/** Another id for the case that it opens, where that is ours; and for itself, where it is called as its case. */
export function withNewCase(item: Stateful): Stateful {
  if (!item.ownCaseId || item.caseId === null) return item
  const caseId = item.pod.newCaseId(item.recordedAt, item.ids.bits24())
  const under = (id: string): string => (id === item.caseId ? caseId : id)
  const eventId = under(item.eventId)
  return { ...item, caseId, eventId, subject: under(item.subject), seen: { ...item.seen, id: eventId } }
}

/** Ids that we made for two cases of one batch may meet: all share their millisecond, and 24 random bits are few. */
export function apart(items: readonly Stateful[]): readonly Stateful[] {
  const seen = new Set<string>()
  return items.map(item => {
    if (item.caseId === null) return item
    let mine = item
    while (mine.ownCaseId && seen.has(mine.caseId!)) mine = withNewCase(mine)
    seen.add(mine.caseId!)
    return mine
  })
}

/** Its sender gave it no id: it is called as its case. That such an id was there before is chance. */
export const calledAsItsCase = ({ raw, ownCaseId, caseId, eventId }: Stateful): boolean =>
  raw.eventId === undefined && ownCaseId && caseId === eventId
