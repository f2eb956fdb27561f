const candidates = [',', ';', '\t', '|'] as const
const separators: ReadonlySet<string> = new Set(candidates)

/** The first line with anything in it, quotes respected; null while its end has not been seen. */
export function firstLine(text: string, complete: boolean): string | null {
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '"') {
      // Inside a name, as in 5" pipe, it is a sign like any other.
      const opens = at === start || separators.has(text[at - 1]!) || text[at - 1] === '"'
      quoted = !quoted && opens
    }
    if (quoted || (char !== '\n' && char !== '\r')) continue
    const line = text.slice(start, at)
    if (line.trim() !== '') return line
    start = at + 1
  }
  return complete ? text.slice(start) : null
}

/** The separator that stands most often in the header outside quotes; a comma where there is only one column. */
export function detectDelimiter(header: string): string {
  const bare = header.replace(/(^|[,;\t|])"[^"]*(?:""[^"]*)*"/g, '$1')
  const counts = candidates.map(candidate => bare.split(candidate).length - 1)
  return candidates[counts.indexOf(Math.max(...counts))]!
}
