const wordsOf = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])

/** Of all words of two texts, so many stand in both: more is one text that somebody has written a little differently. */
const leastShared = 0.8

/** Is a text, but for a few words, one of these? Two without a word are the same. */
export function nearlyAmong(text: string, others: readonly string[]): boolean {
  const words = wordsOf(text)
  return others.some(other => {
    const theirs = wordsOf(other)
    const shared = [...words].filter(word => theirs.has(word)).length
    const all = words.size + theirs.size - shared
    return all === 0 || shared >= leastShared * all
  })
}
