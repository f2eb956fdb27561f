import { canonical, type JsonObject } from '@surety/contract'

export type Deed =
  | { readonly do: 'value'; readonly at: number; readonly body: JsonObject }
  | { readonly do: 'end'; readonly at: number }
  | { readonly do: 'end at'; readonly at: number | null }

/** A moment from which on something holds, until the next one; null: it is gone. */
interface Mark {
  readonly at: number
  readonly body: JsonObject | null
}

/** What an entity is, told as moments and read by walking over them: slow, and without stretches or numbers. */
export function marksAfter(deeds: readonly Deed[]): readonly Mark[] {
  let marks: Mark[] = []
  const put = (mark: Mark) => {
    marks = [...marks.filter(one => one.at !== mark.at), mark].toSorted((a, b) => a.at - b.at)
  }
  const end = (at: number) => {
    const holds = bodyAt(marks, at) !== null || marks.some(one => one.at > at && one.body !== null)
    if (!holds) return
    marks = marks.filter(one => one.at < at)
    put({ at, body: null })
  }
  for (const deed of deeds) {
    if (deed.do === 'value') {
      const now = bodyAt(marks, deed.at)
      if (now === null || canonical(now) !== canonical(deed.body)) put(deed)
    } else if (deed.do === 'end') end(deed.at)
    else {
      const last = marks.at(-1)
      const ended = last !== undefined && last.body === null ? last.at : null
      if (ended === deed.at) continue
      const kept = marks.at(-2)?.body ?? null
      if (ended !== null && (deed.at === null || deed.at > ended) && kept !== null) put({ at: ended, body: kept })
      if (deed.at !== null) end(deed.at)
    }
  }
  return marks
}

export const bodyAt = (marks: readonly Mark[], at: number): JsonObject | null =>
  marks.findLast(mark => mark.at <= at)?.body ?? null
