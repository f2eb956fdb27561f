import type { Scan } from './recogniser.ts'

/** Marks the runs that are part of a date or a time of day: 1 at their position, else 0. */
export function momentRuns({ text, runStarts, runEnds }: Scan): Uint8Array {
  const marks = new Uint8Array(runStarts.length)
  for (let run = 0; run + 1 < runStarts.length; run++) {
    const size = runEnds[run]! - runStarts[run]!
    if (size > 4) continue
    const separator = text[runEnds[run]!]!
    if (runStarts[run + 1] !== runEnds[run]! + 1) continue
    if (separator === ':' && size <= 2 && runEnds[run + 1]! - runStarts[run + 1]! === 2) marks[run] = marks[run + 1] = 1
    else if (isDate(text, runStarts, runEnds, run, separator)) marks.fill(1, run, run + 3)
  }
  return marks
}

function isDate(
  text: string,
  starts: readonly number[],
  ends: readonly number[],
  run: number,
  separator: string,
): boolean {
  if (!'-/. '.includes(separator) || run + 2 >= starts.length || starts[run + 2] !== ends[run + 1]! + 1) return false
  if (text[ends[run + 1]!] !== separator) return false
  // "06.12.34.56.78" is a French number and not a date with more behind it.
  const joinedAfter =
    run + 3 < starts.length && starts[run + 3] === ends[run + 2]! + 1 && text[ends[run + 2]!] === separator
  const joinedBefore = run > 0 && starts[run] === ends[run - 1]! + 1 && text[ends[run - 1]!] === separator
  if (joinedAfter || joinedBefore) return false
  const parts = [0, 1, 2].map(step => text.slice(starts[run + step], ends[run + step]))
  const [first, second, third] = parts as [string, string, string]
  if (second.length > 2) return false
  if (first.length === 4) return isYear(first) && third.length <= 2 && isDay(second, third)
  if (first.length > 2) return false
  return third.length === 4
    ? isYear(third) && isDay(first, second)
    : third.length === 2 && separator !== ' ' && isDay(first, second)
}

function isYear(digits: string): boolean {
  return digits >= '1900' && digits <= '2100'
}

function isDay(one: string, other: string): boolean {
  const [low, high] = [Math.min(Number(one), Number(other)), Math.max(Number(one), Number(other))]
  return low >= 1 && low <= 12 && high <= 31
}
