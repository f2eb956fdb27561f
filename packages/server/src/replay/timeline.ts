import type { RawEvent } from '@surety/contract'
import type { HistoryItem } from './world.ts'

/** An event at its virtual moment, epoch milliseconds. */
export interface Timed {
  readonly raw: RawEvent
  readonly at: number
  /** For messages: the row of the file, from 1. */
  readonly row: number
  /** true: it asks; false: it answers. */
  readonly asks: boolean
  /** Of what asks: when its answer comes, where there is one. */
  readonly answerAt: number
}

/** A promise when the timeline must wait before the next one. */
export type Take = (event: Timed) => Promise<void> | null

/**
 * Merges questions and the answers that came later into one order of time. At the same moment an answer goes first: it
 * was known then. The wait between question and answer is constant, so outstanding answers are a queue.
 */
export function timeline(take: Take): { push(item: HistoryItem): Promise<void> | null; end(): Promise<void> } {
  let waiting: HistoryItem[] = []
  let head = 0

  const next = (): HistoryItem => {
    const item = waiting[head++]!
    if (head > 4096 && head * 2 > waiting.length) {
      waiting = waiting.slice(head)
      head = 0
    }
    return item
  }
  const release = async (until: number): Promise<void> => {
    while (head < waiting.length && waiting[head]!.answerAt <= until) {
      const { answer, answerAt, row } = next()
      if (answer === null) continue
      const wait = take({ raw: answer, at: answerAt, row, asks: false, answerAt })
      if (wait !== null) await wait
    }
  }
  const pushLater = async (item: HistoryItem): Promise<void> => {
    await release(item.at)
    const wait = ask(item)
    if (wait !== null) await wait
  }
  const ask = (item: HistoryItem): Promise<void> | null => {
    const { ask: raw, at, row, answer, answerAt } = item
    if (answer !== null) waiting.push(item)
    return take({ raw, at, row, asks: true, answerAt: answer === null ? Number.POSITIVE_INFINITY : answerAt })
  }
  return {
    push(item) {
      return head < waiting.length && waiting[head]!.answerAt <= item.at ? pushLater(item) : ask(item)
    },
    end: () => release(Number.POSITIVE_INFINITY),
  }
}
