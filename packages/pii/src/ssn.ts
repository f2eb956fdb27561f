import { digitInWordAfter, digitInWordBefore, type Finding, type Recogniser, type Scan } from './recogniser.ts'

/** US social security numbers: 3-2-4, area, group and serial in the ranges that are issued. */
export function ssn(defaultCountry: string): Recogniser {
  return { type: 'SSN', find: scan => find(scan, defaultCountry === 'US') }
}

function find({ text, runStarts, runEnds }: Scan, home: boolean): readonly Finding[] {
  const found: Finding[] = []
  for (let run = 0; run < runStarts.length; run++) {
    const start = runStarts[run]!
    const size = runEnds[run]! - start
    const last = size === 9 ? run : size === 3 && isGrouped(text, runStarts, runEnds, run) ? run + 2 : -1
    if (last < 0) continue
    const end = runEnds[last]!
    const value = text.slice(start, end).replace(/\D/g, '')
    if (!isIssued(value) || digitInWordAfter(text, end) || digitInWordBefore(text, start)) continue
    const gap = last === run ? '' : text.slice(runEnds[run], runStarts[run + 1]).trim()
    // Written with dashes the shape says what it is. With spaces it does so where such numbers are issued. Dotted or
    // bare it needs the word before it.
    const plain = gap === '-' || (home && gap === '' && last > run)
    if (!plain && !namedBefore(text, start)) continue
    found.push({ start, end, value })
    run = last
  }
  return found
}

function isGrouped(text: string, starts: readonly number[], ends: readonly number[], run: number): boolean {
  if (run + 2 >= starts.length) return false
  if (ends[run + 1]! - starts[run + 1]! !== 2 || ends[run + 2]! - starts[run + 2]! !== 4) return false
  const gap = text.slice(ends[run], starts[run + 1])
  if (!/^(?:[-. ]| - )$/.test(gap) || text.slice(ends[run + 1], starts[run + 2]) !== gap) return false
  const before = run > 0 && text.slice(ends[run - 1], starts[run]) === gap
  const after = run + 3 < starts.length && text.slice(ends[run + 2], starts[run + 3]) === gap
  return !before && !after
}

function isIssued(digits: string): boolean {
  const area = digits.slice(0, 3)
  return area !== '000' && area !== '666' && area < '900' && digits.slice(3, 5) !== '00' && digits.slice(5) !== '0000'
}

function namedBefore(text: string, start: number): boolean {
  return /(?:^|[^\p{L}])(?:ssn|social[ -]?security)[^\d.!?;\n]{0,24}$/iu.test(
    text.slice(Math.max(0, start - 44), start),
  )
}
