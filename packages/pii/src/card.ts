import { digitInWordAfter, digitInWordBefore, type Finding, type Recogniser, type Scan } from './recogniser.ts'

/** Payment cards: 13 to 19 digits in a common grouping, check digit right, issuer known for that length. */
export const card: Recogniser = { type: 'CARD', find }

const groupings = new Set(
  '13 14 15 16 17 18 19 4-4-4-4 4-6-5 4-6-4 4-5-6 4-4-4-4-3 4-4-4-4-2 4-4-4-4-1 4-4-4-1 4-4-4-2 4-4-4-3 4-4-5 4-3-3-3 6-13 8-8 4-12'.split(
    ' ',
  ),
)

/** First digits (from, to) and lengths (from, to) of the issuers in use. */
const issuers: readonly (readonly [from: string, to: string, shortest: number, longest: number])[] = [
  ['4', '4', 13, 13], // Visa, first cards
  ['4', '4', 16, 16], // Visa
  ['4', '4', 18, 19], // Visa, long
  ['51', '55', 16, 16], // Mastercard
  ['2221', '2720', 16, 16], // Mastercard, second range
  ['34', '34', 15, 15], // American Express
  ['37', '37', 15, 15], // American Express
  ['6011', '6011', 16, 19], // Discover
  ['644', '659', 16, 19], // Discover, RuPay
  ['60', '60', 16, 16], // RuPay
  ['300', '305', 14, 19], // Diners
  ['3095', '3095', 14, 19], // Diners
  ['36', '36', 14, 19], // Diners
  ['38', '39', 14, 19], // Diners
  ['3528', '3589', 16, 19], // JCB
  ['62', '62', 16, 19], // UnionPay
  ['81', '82', 16, 19], // UnionPay, RuPay
  ['50', '50', 16, 19], // Maestro, Elo, Verve, RuPay
  ['56', '58', 16, 19], // Maestro
  ['6304', '6304', 13, 19], // Maestro
  ['636', '639', 16, 19], // Elo, InstaPayment, Maestro
  ['67', '67', 13, 19], // Maestro
  ['2200', '2205', 16, 19], // Mir
  ['8600', '8600', 16, 16], // Uzcard
  ['9792', '9792', 16, 16], // Troy
  ['9860', '9860', 16, 16], // Humo
]

function find({ text, runStarts, runEnds }: Scan): readonly Finding[] {
  const found: Finding[] = []
  for (let run = 0; run < runStarts.length; run++) {
    const start = runStarts[run]!
    // No grouping begins with fewer digits, and no card with these.
    if (runEnds[run]! - start < 4 || '01'.includes(text[start]!)) continue
    let digits = ''
    let shape = ''
    let best: { last: number; value: string } | null = null
    for (let last = run; last < runStarts.length && last < run + 5; last++) {
      const from = runStarts[last]!
      const size = runEnds[last]! - from
      if (digits.length + size > 19 || (last > run && !joins(text, runEnds[last - 1]!, from))) break
      digits += text.slice(from, runEnds[last]!)
      shape += shape === '' ? size : `-${size}`
      if (groupings.has(shape) && isCard(digits) && stands(text, start, runEnds[last]!, last === run))
        best = { last, value: digits }
    }
    if (best === null) continue
    found.push({ start, end: runEnds[best.last]!, value: best.value })
    run = best.last
  }
  return found
}

function joins(text: string, from: number, to: number): boolean {
  if (to - from === 1) return ' -.'.includes(text[from]!)
  return to - from <= 3 && /^(?: {2}| ?[-.] ?)$/.test(text.slice(from, to))
}

/** Part of no longer identifier, and not the decimals of a number such as 0.4242424242424242. */
function stands(text: string, start: number, end: number, single: boolean): boolean {
  if (single && /(?:^|\D)\d\.$/.test(text.slice(Math.max(0, start - 3), start))) return false
  return !digitInWordAfter(text, end) && !digitInWordBefore(text, start)
}

function isCard(digits: string): boolean {
  return luhn(digits) && issuers.some(issuer => issues(issuer, digits))
}

function issues([from, to, shortest, longest]: (typeof issuers)[number], digits: string): boolean {
  const prefix = digits.slice(0, from.length)
  return digits.length >= shortest && digits.length <= longest && prefix >= from && prefix <= to
}

/** Check digit of ISO/IEC 7812-1. */
function luhn(digits: string): boolean {
  let sum = 0
  for (let at = digits.length - 1, twice = false; at >= 0; at--, twice = !twice) {
    const digit = digits.charCodeAt(at) - 48
    sum += twice ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
  }
  return sum % 10 === 0
}
