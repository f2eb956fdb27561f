import { type Decision, type Note, type Reason, reasonSentences } from '@surety/contract'
import type { FoundShortfall } from '../../store/shortfalls.ts'

/** One thing that kept a case from being dealt with by itself. */
export interface Condition {
  readonly code: Reason
  readonly sentence: string
  /** What was measured, what it had to reach, and how far it was away; null where there is no number. */
  readonly value: number | null
  readonly limit: number | null
  readonly distance: number | null
  readonly features?: readonly string[]
}

/** What the next certificate of an action still lacks, as of the last look at the labels. */
export interface Lack extends Pick<FoundShortfall, 'code' | 'have' | 'need'> {
  /** Outcomes at or beyond this probability are the ones that count. */
  readonly from: number | null
  readonly sentence: string
}

/** @param found null: nothing is lacking, or nobody has looked for this model yet */
export const lackOf = (found: FoundShortfall | null): Lack | null =>
  found && {
    code: found.code,
    have: found.have,
    need: found.need,
    from: found.unlocksFrom,
    sentence: found.detail.sentence,
  }

/** Said beside a probability; they stand in the way only where they are the reason itself, or left it without one. */
const remarks: readonly Reason[] = ['missing_feature', 'unseen_category', 'error']
const wouldHave = 'would have been '

/** What a dry run would have done; null outside of one. */
export function wouldHaveBeen(decision: Decision): { readonly state: string; readonly reason: Reason } | null {
  const note = decision.score.notes.find(isWould)
  return note === undefined ? null : { state: note.detail!.slice(wouldHave.length), reason: note.code }
}

const isWould = (note: Note): boolean => note.detail?.startsWith(wouldHave) === true

/**
 * Every failing condition, the shown reason first; empty for what was done by itself.
 * @param lack what the certificate of the action lacks: the numbers behind `not_certified`
 */
export function conditionsOf(decision: Decision, lack: Lack | null): readonly Condition[] {
  if (decision.automatic) return []
  const { notes } = decision.score
  const would = wouldHaveBeen(decision)
  const unscored = decision.score.probability === null
  const failing: Note[] = [{ code: decision.reason }]
  if (would?.state === 'queued') failing.push({ code: would.reason })
  for (const note of notes)
    if (!isWould(note) && (!remarks.includes(note.code) || isReason(note.code, decision, would) || unscored))
      failing.push(note)
  const byCode = new Map<Reason, Note>()
  for (const note of failing) byCode.set(note.code, { ...byCode.get(note.code), ...note })
  return [...byCode.values()].map(note => conditionOf(withShortfall(note, lack)))
}

const isReason = (code: Reason, decision: Decision, would: { readonly reason: Reason } | null): boolean =>
  code === decision.reason || code === would?.reason

function withShortfall(note: Note, lack: Lack | null): Note {
  if (note.code !== 'not_certified' || lack === null) return note
  return { ...note, value: lack.have, limit: lack.need }
}

function conditionOf({ code, value, limit, features }: Note): Condition {
  return {
    code,
    sentence: reasonSentences[code],
    value: value ?? null,
    limit: limit ?? null,
    distance: value === undefined || limit === undefined ? null : six(Math.abs(limit - value)),
    ...(features === undefined ? {} : { features }),
  }
}

export const six = (value: number): number => Math.round(value * 1e6) / 1e6
