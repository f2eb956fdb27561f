import { momentRuns } from './moments.ts'
import { type Context, contextBefore } from './phone-context.ts'
import { type PhonePlan, parsedPhone, phonePlan, quickPhone } from './phone-plan.ts'
import { digitInWordAfter, digitInWordBefore, type Finding, type Recogniser, type Scan } from './recogniser.ts'

/** Phone numbers, international and as written in the tenant's own country. */
export function phone(defaultCountry: string): Recogniser {
  const home = phonePlan(defaultCountry)
  return { type: 'PHONE', find: scan => find(scan, home) }
}

const mostGroups = 7
const mostDigits = 18
/** Calls to the library per text: it is asked about rare forms only, and hostile text must not make it slow. */
const mostParsed = 64

interface Search {
  readonly scan: Scan
  readonly home: PhonePlan
  readonly moments: Uint8Array
  parsed: number
}

function find(scan: Scan, home: PhonePlan): readonly Finding[] {
  const { runStarts } = scan
  const search: Search = { scan, home, moments: momentRuns(scan), parsed: 0 }
  const found: Finding[] = []
  for (let run = 0; run < runStarts.length; run++) {
    if (search.moments[run] === 1) continue
    const best = longestFrom(run, search)
    if (best === null) continue
    found.push(best.finding)
    run = best.last
  }
  return found
}

interface Candidate {
  readonly first: number
  readonly last: number
  /** How many digits. */
  readonly size: number
  /** Sizes of the groups as digits of one number in base `most`, see `shapeOf`. */
  readonly shape: number
  readonly plus: boolean
  /** Where the number begins, "+" and its bracket included. */
  readonly start: number
  readonly end: number
}

// A number and not "3-3-4": millions of windows are looked at in a hostile text, and few of them get as far as strings.
const most = 20

function shapeOf(groups: string): number {
  return groups.split('-').reduce((shape, size) => shape * most + Number(size), 0)
}

const shapes = (list: string): ReadonlySet<number> => new Set(list.split(' ').map(shapeOf))
const usual = shapeOf('3-3-4')
const dotted = shapeOf('3-3-2-2')
const american = shapes('3-3-4 3-3-2-2 3-7 6-4 1-3-3-4 1-3-3-2-2 1-3-7 1-6-4 1-10')
const locals = shapes('3-4 3-2-2')

function longestFrom(first: number, search: Search): { readonly last: number; readonly finding: Finding } | null {
  const { text, runStarts, runEnds } = search.scan
  const start = plusStart(text, runStarts[first]!)
  const plus = start < runStarts[first]!
  if (!plus && digitInWordBefore(text, start)) return null
  let size = 0
  let shape = 0
  let best: { last: number; finding: Finding } | null = null
  for (let last = first; last < runStarts.length && last < first + mostGroups; last++) {
    const from = runStarts[last]!
    const end = runEnds[last]!
    size += end - from
    shape = shape * most + end - from
    if (size > mostDigits) break
    if (last > first && (search.moments[last] === 1 || !isGap(text, runEnds[last - 1]!, from))) break
    if (size < 7) continue
    const candidate = { first, last, size, shape, plus, start, end }
    if (!isPlausible(candidate, search) || !isCutWell(candidate, search)) continue
    const value = numberOf(candidate, search)
    if (value !== null) best = { last, finding: { ...bracketed(text, candidate), value } }
  }
  return best
}

/** What can be told from the sizes of the groups and the first digit alone. */
function isPlausible({ first, last, size, shape, plus, start }: Candidate, { scan, home }: Search): boolean {
  if (plus || first === last || scan.text[start] === '0') return true
  if (size === 7) return locals.has(shape)
  if (home.callingCode === '1') return american.has(shape)
  return size >= 8 && shape % most > 1
}

/** Position of the "+" before a run, over an opening bracket: "+1", "+(1", "(+1"; the run itself without one. */
function plusStart(text: string, run: number): number {
  if (text[run - 1] === '+') return run - 1
  return text[run - 1] === '(' && text[run - 2] === '+' ? run - 2 : run
}

/** Space, dash, dot, slash and brackets, one of each at most, as they stand between groups of one number. */
function isGap(text: string, from: number, to: number): boolean {
  const size = to - from
  if (size === 1) return ' -./()'.includes(text[from]!)
  return size <= 4 && size > 1 && /^(?: {2}| [-./] ?|[-./] | ?\) ?[-./]? ?\(?| ?[-./]? ?\()$/.test(text.slice(from, to))
}

/** A number does not begin or end inside something joined by dashes or dots, nor inside a word with more digits. */
function isCutWell({ first, last, shape, plus, end }: Candidate, { scan, home }: Search): boolean {
  const { text, runStarts, runEnds } = scan
  if (
    digitInWordAfter(text, end) &&
    !/^ ?(?:x|ext\.?|extension) ?\d{1,6}(?![\p{L}\p{N}])/iu.test(text.slice(end, end + 20))
  ) {
    return false
  }
  if (home.callingCode === '1' && shape === usual) return true
  const tightAfter = last + 1 < runStarts.length && isTight(text, end, runStarts[last + 1]!)
  return !tightAfter && (plus || first === 0 || !isTight(text, runEnds[first - 1]!, runStarts[first]!))
}

function isTight(text: string, from: number, to: number): boolean {
  return to - from === 1 && (text[from] === '-' || text[from] === '.')
}

/** E.164 form, or null when these groups are no phone number. */
function numberOf({ first, last, size, shape, plus, start, end }: Candidate, search: Search): string | null {
  const { home, scan } = search
  const context = (): Context => contextBefore(scan.text, start)
  if (plus) return e164(digitsOf(scan.text, start, end), true, search)
  if (first === last) {
    const long = size !== 10
    if (size > 15) return null
    const told = context()
    if (told === 'identifier' || (long && told !== 'phone')) return null
    const digits = scan.text.slice(start, end)
    return size === 7 ? local(digits, home) : e164(digits, false, search)
  }
  const digits = digitsOf(scan.text, start, end)
  if (size === 7) return locals.has(shape) && context() === 'phone' ? local(digits, home) : null
  const abroad = home.abroad.exec(digits)
  if (abroad !== null && size >= 10 && digits[abroad[0].length] !== '0') {
    return e164(digits.slice(abroad[0].length), true, search)
  }
  return isWrittenAtHome(digits, shape, scan.text.slice(start, end), home) ? e164(digits, false, search) : null
}

function digitsOf(text: string, start: number, end: number): string {
  return text.slice(start, end).replace(/\D/g, '')
}

/** Groups as people at home write them: a sum, a size or a list of years must not pass for a number. */
function isWrittenAtHome(digits: string, shape: number, written: string, home: PhonePlan): boolean {
  if (home.callingCode === '1') return american.has(shape) && !(shape === dotted && isAddress(written))
  if (home.trunk !== null && digits.startsWith(home.trunk)) return shape % most > 1
  // Where numbers may have up to 15 digits nearly everything fits the pattern.
  const open = home.lengths >> 14 !== 0
  return digits.length >= 9 && !open && home.nationalPattern.test(digits)
}

/** 192.168.10.20 */
function isAddress(text: string): boolean {
  return text.split('.').length === 4 && text.split('.').every(part => Number(part) <= 255)
}

function local(digits: string, home: PhonePlan): string {
  return `+${home.callingCode}${digits}`
}

function e164(digits: string, international: boolean, search: Search): string | null {
  const quick = quickPhone(digits, international, search.home)
  if (quick !== undefined) return quick.e164
  // Past the limit the digits stand for themselves: hiding too much is better than asking the library for ever.
  if (search.parsed++ >= mostParsed) return digits.length >= 9 && digits.length <= 15 ? `+${digits}` : null
  const parsed = parsedPhone(international ? `+${digits}` : digits, search.home)
  return parsed.valid ? parsed.e164 : null
}

/** The span with the brackets that belong to it, so that none is left over. */
function bracketed(text: string, { start, end }: Candidate): { readonly start: number; readonly end: number } {
  const inside = text.slice(start, end)
  const open = inside.lastIndexOf('(')
  const close = inside.indexOf(')')
  const opens = text[start - 1] === '(' && close >= 0 && (open < 0 || close < inside.indexOf('('))
  const closes = text[end] === ')' && open >= 0 && open > inside.lastIndexOf(')')
  return { start: opens ? start - 1 : start, end: closes ? end + 1 : end }
}
