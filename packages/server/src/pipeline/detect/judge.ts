import type { Asking, Question, Subject } from '@surety/contract'
import type { Judged, Stateful } from '../item.ts'
import { detect } from './detect.ts'
import { fold } from './fold.ts'
import { lookOf, type ReferenceRows } from './look.ts'
import { type Held, Memory, NotHeld, NotRead } from './memory.ts'
import { place } from './place.ts'

/** Reference data that a batch was judged with. */
export interface ReferenceRead {
  /** The last change that it knows; null: nothing was read. */
  readonly change: number | null
  readonly rows: ReferenceRows
}

/** What a batch came to, before its questions are answered. */
export interface Judgement {
  readonly judged: readonly Judged[]
  readonly memory: Memory
  /** Events that are as if they had never come, and why. */
  readonly refused: ReadonlyMap<Stateful, unknown>
}

/**
 * Each event in its order: placed, measured, looked at by its questions, folded. It sees what the events before it left. One
 * that throws is taken out, and the others are judged without it. Pure.
 * @throws NotHeld, NotRead
 */
export function judge(items: readonly Stateful[], held: Held, reference: ReferenceRead): Judgement {
  const refused = new Map<Stateful, unknown>()
  for (;;) {
    const memory = new Memory(held)
    const judged: Judged[] = []
    const bad = items.find(item => {
      if (refused.has(item)) return false
      try {
        judged.push(judgeOne(item, memory, reference))
        return false
      } catch (error) {
        if (error instanceof NotHeld || error instanceof NotRead) throw error
        refused.set(item, error)
        return true
      }
    })
    if (bad === undefined) return { judged, memory, refused }
  }
}

/** Whom the event is about. */
const itself: Subject = { key: '' }
const itselfAlone: readonly Subject[] = [itself]
const longestSubject = 128

/** @throws Error where a key stands twice or is too long: the mistake of who wrote the question */
function subjectsOf(question: Question, look: Asking): readonly Subject[] {
  if (question.about === undefined) return itselfAlone
  const subjects = question.about(look)
  const keys = new Set(subjects.map(({ key }) => key))
  if (keys.size < subjects.length) throw new Error(`${question.name} is asked twice about one subject of an event`)
  for (const key of keys)
    if (key.length > longestSubject || key.includes('\0')) throw new Error(`${question.name} is asked about no subject`)
  return subjects
}

function judgeOne(item: Stateful, memory: Memory, { change, rows }: ReferenceRead): Judged {
  const at = place(item, memory)
  const detected = detect(item, at, memory, rows)
  const findings = detected.evaluations.filter(({ fired }) => fired)
  const asks = item.questions.flatMap(question => {
    const look = { ...lookOf(item, at, question.needs ?? {}, memory, rows), findings }
    return subjectsOf(question, { ...look, subject: itself }).map(subject => ({ question, look: { ...look, subject } }))
  })
  const left = fold(item, at, detected, memory)
  return { ...item, ...detected, asks, own: at.own, ...left, referenceChange: change }
}
