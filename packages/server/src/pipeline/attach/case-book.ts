import type { CaseRule, Hanging, Severity } from '@surety/contract'
import { severities } from '@surety/contract'

/** A case as a batch finds or opens it; times in milliseconds. */
export interface BookedCase {
  readonly id: string
  readonly rule: string
  readonly key: string
  readonly type: string
  readonly subject: string
  readonly severity: Severity
  readonly group: string
  readonly groups: readonly (readonly [id: string, rank: number])[]
  readonly firstSeen: number
  readonly lastSeen: number
  /** null: it is joined as long as it is open. */
  readonly joinsUntil: number | null
  readonly clockFrom: number
  readonly occurrences: number
  /** Questions and subjects that wait or were answered or done on it. */
  readonly asked: readonly string[]
  /** Questions of which an outcome has told what it was, while others are open. */
  readonly settled: readonly string[]
  readonly openedAt: number
  readonly closedAt: number | null
  /** Of its fence, as it was read. */
  readonly token: number
}

/** What reaches for a case. */
export interface Reaching extends Pick<BookedCase, 'key' | 'type' | 'subject' | 'severity' | 'group' | 'groups'> {
  readonly rule: CaseRule
  /** The event's own time. */
  readonly at: number
  readonly recordedAt: number
  /** The event's id: it counts once. */
  readonly eventId: string
  readonly asked: readonly string[]
  /** A key of its own: it joins none, and nothing joins it, unless the same was asked before. null: it joins. */
  readonly alone: string | null
}

/** What became of it. `asked` were there before: the same is being dealt with. */
export interface Reached {
  readonly id: string
  readonly did: Hanging
  readonly before: readonly string[]
  /** Questions whose outcome is known. */
  readonly settled: readonly string[]
  /** Of its fence at this place of the batch. */
  readonly token: number
}

/** Nobody looks through more in one place: what is asked beyond it opens another case. */
const mostAsked = 200

/** How a question and subject are known on a case. */
export const askedAs = (question: string, subject: string): string => `${question}\n${subject}`
const questionOfAsked = (word: string): string => word.slice(0, word.indexOf('\n'))

const level = (severity: Severity): number => severities.indexOf(severity)

/** The open cases of the groups that a batch holds, as the batch has left them so far. */
export class CaseBook {
  readonly #found: ReadonlyMap<string, BookedCase>
  readonly #now: Map<string, BookedCase>
  /** By case the event that reached it last. */
  readonly #last = new Map<string, string>()
  /** By case how often the batch has touched it so far: its fence counts on as the batch is written. */
  readonly #touches = new Map<string, number>()

  constructor(open: readonly BookedCase[]) {
    this.#found = new Map(open.map(one => [one.id, one]))
    this.#now = new Map(this.#found)
  }

  /** Joins the open case of the key that it is near enough to, raises it where it is worse, or opens one. */
  reach(by: Reaching, newId: () => string): Reached {
    const near = this.#nearest(by)
    // What is found again would be judged, and counted, a second time.
    const apart = near !== undefined && by.alone !== null && !by.asked.every(word => near.asked.includes(word))
    if (near === undefined || apart) return this.#open(by, this.#unused(newId))
    const raised = level(by.severity) > level(near.severity)
    const again = this.#last.get(near.id) === by.eventId
    this.#last.set(near.id, by.eventId)
    this.#now.set(near.id, {
      ...near,
      occurrences: near.occurrences + (again ? 0 : 1),
      lastSeen: Math.max(near.lastSeen, by.at),
      asked: [...new Set([...near.asked, ...by.asked])],
      ...(raised && { severity: by.severity, clockFrom: by.at }),
    })
    const token = near.token + (this.#touches.get(near.id) ?? 0)
    const { id, settled } = near
    return { id, did: raised ? 'raised' : 'joined', before: raised ? [] : near.asked, settled, token }
  }

  /** Somebody was there: what was decided before is void, and what is decided from here on is not. */
  touch(id: string): void {
    this.#touches.set(id, (this.#touches.get(id) ?? 0) + 1)
  }

  /** Of several the one that began nearest to it; of two as near the one that began first. */
  #nearest(by: Reaching): BookedCase | undefined {
    let nearest: BookedCase | undefined
    const away = ({ firstSeen }: BookedCase): number => Math.abs(by.at - firstSeen)
    for (const one of this.#now.values()) {
      if (!this.#joins(one, by)) continue
      const nearer = nearest === undefined ? -1 : away(one) - away(nearest) || one.firstSeen - nearest.firstSeen
      if (nearer < 0) nearest = one
    }
    return nearest
  }

  #joins({ key, closedAt, firstSeen, type, asked }: BookedCase, by: Reaching): boolean {
    if (key !== by.key || closedAt !== null) return false
    if (asked.length >= mostAsked && !by.asked.every(word => asked.includes(word))) return false
    const window = by.rule.windowMs(type)
    return window === null || Math.abs(by.at - firstSeen) < window
  }

  /** Of many that are opened in one millisecond two may be given one id: 24 random bits are few. */
  #unused(newId: () => string): string {
    let id = newId()
    while (this.#now.has(id)) id = newId()
    return id
  }

  #open(by: Reaching, id: string): Reached {
    const { rule, at, recordedAt, type, subject, severity, group, groups, asked } = by
    const window = rule.windowMs(type)
    this.#last.set(id, by.eventId)
    this.#now.set(id, {
      key: by.alone ?? by.key,
      type,
      subject,
      severity,
      group,
      groups,
      asked,
      settled: [],
      id,
      rule: rule.name,
      firstSeen: at,
      lastSeen: at,
      joinsUntil: window === null ? null : at + window,
      clockFrom: at,
      occurrences: 1,
      openedAt: recordedAt,
      closedAt: null,
      token: 0,
    })
    return { id, did: 'opened', before: [], settled: [], token: 0 }
  }

  /**
   * Somebody has said what it was: what comes after opens a new one. Of one question alone: it stays open until every question that
   * was asked on it is settled.
   */
  settle(id: string, at: number, question?: string): void {
    const open = this.#now.get(id)
    if (open === undefined || open.closedAt !== null) return
    const settled = question === undefined ? open.settled : [...new Set([...open.settled, question])].toSorted()
    const over = question === undefined || open.asked.every(word => settled.includes(questionOfAsked(word)))
    this.#now.set(id, { ...open, settled, closedAt: over ? at : null })
  }

  /** Those that were opened, and those that changed. */
  left(): { readonly opened: readonly BookedCase[]; readonly changed: readonly BookedCase[] } {
    const all = [...this.#now.values()]
    return {
      opened: all.filter(({ id }) => !this.#found.has(id)),
      changed: all.filter(one => this.#found.has(one.id) && this.#found.get(one.id) !== one),
    }
  }
}
