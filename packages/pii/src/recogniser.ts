/** In the order in which overlaps are settled; patterns of a tenant come last. */
export const piiTypes = ['EMAIL', 'IBAN', 'CARD', 'IP', 'SSN', 'PHONE'] as const
export type PiiType = (typeof piiTypes)[number]

/** A personal value in the folded text: where it stands, and the one form that all its spellings share. */
export interface Finding {
  readonly start: number
  readonly end: number
  readonly value: string
}

/** Folded text with what earlier recognisers took blanked out, and its runs of digits in order. */
export interface Scan {
  readonly text: string
  readonly runStarts: readonly number[]
  readonly runEnds: readonly number[]
}

/** One kind of personal value. `find` must be linear in the text and return findings in order, without overlaps. */
export interface Recogniser {
  readonly type: PiiType
  find(scan: Scan): readonly Finding[]
}

/** Stands for a value already taken: no recogniser reads over it. */
export const taken = '\0'

export function scanOf(text: string): Scan {
  const runStarts: number[] = []
  const runEnds: number[] = []
  let inside = false
  for (let at = 0; at < text.length; at++) {
    if (isDigit(text.charCodeAt(at)) === inside) continue
    ;(inside ? runEnds : runStarts).push(at)
    inside = !inside
  }
  if (inside) runEnds.push(text.length)
  return { text, runStarts, runEnds }
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

export function isAsciiLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}

/** "6125551212abc" holds a number, "6125551212abc9f" is an identifier: letters may follow unless a digit comes after them. */
export function digitInWordAfter(text: string, end: number): boolean {
  for (let at = end; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isDigit(code)) return true
    if (!isAsciiLetter(code) && code !== 95) return false
  }
  return false
}

/** The same to the left. Stops at the first digit, so that a long identifier is read once and not once per run. */
export function digitInWordBefore(text: string, start: number): boolean {
  for (let at = start - 1; at >= 0; at--) {
    const code = text.charCodeAt(at)
    if (isDigit(code)) return true
    if (!isAsciiLetter(code) && code !== 95) return false
  }
  return false
}
