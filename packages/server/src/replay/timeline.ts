import type { RawEvent } from '@surety/contract'
import type { HistoryItem } from './world.ts'

/** Takes an event at its virtual moment; a promise when the timeline must wait before the next one. */
export type Take = (raw: RawEvent, at: number, row: number, asks: boolean) => Promise<void> | null

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
      const item = next()
      if (item.answer === null) continue
      const wait = take(item.answer, item.answerAt, item.row, false)
      if (wait !== null) await wait
    }
  }
  const pushLater = async (item: HistoryItem): Promise<void> => {
    await release(item.at)
    const wait = ask(item)
    if (wait !== null) await wait
  }
  const ask = (item: HistoryItem): Promise<void> | null => {
    if (item.answer !== null) waiting.push(item)
    return take(item.ask, item.at, item.row, true)
  }
  return {
    push(item) {
      return head < waiting.length && waiting[head]!.answerAt <= item.at ? pushLater(item) : ask(item)
    },
    end: () => release(Number.POSITIVE_INFINITY),
  }
}
