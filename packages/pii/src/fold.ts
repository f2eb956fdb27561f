/** Text as the recognisers read it, and for each of its characters where it stood in the original. */
export interface Folded {
  readonly text: string
  /** Null when nothing moved: offsets are those of the original. */
  readonly from: { readonly starts: Int32Array; readonly ends: Int32Array } | null
}

const keep = -1
const drop = -2

// Characters outside ASCII that a text uses are few and repeat: each is classified once.
const known = new Map<number, number>()

function foldedCode(code: number): number {
  const before = known.get(code)
  if (before !== undefined) return before
  const folded = classify(code)
  if (known.size < 4096) known.set(code, folded)
  return folded
}

function classify(code: number): number {
  const char = String.fromCodePoint(code)
  if (/\p{Default_Ignorable_Code_Point}/u.test(char)) return drop
  if (/\p{Nd}/u.test(char)) return 48 + digitValue(code)
  if (/\p{Pd}/u.test(char) || code === 0x2212 || code === 0x2043) return 45
  if (/\p{Zs}/u.test(char)) return 32
  if (code >= 0xff01 && code <= 0xff5e) return code - 0xfee0
  return keep
}

/** Unicode keeps decimal digits in rows of ten beginning with a zero; rows may stand side by side. */
function digitValue(code: number): number {
  let first = code
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--
  return (code - first) % 10
}

/** Drops invisible characters and folds all decimal digits, dashes, spaces and full-width forms to ASCII. */
export function fold(text: string): Folded {
  if (!/[\u0080-\uffff]/.test(text)) return { text, from: null }
  const starts = new Int32Array(text.length)
  const ends = new Int32Array(text.length)
  const parts: string[] = []
  let copied = 0
  let length = 0
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at)!
    const width = code > 0xffff ? 2 : 1
    const folded = code < 128 ? keep : foldedCode(code)
    if (folded === keep) {
      for (let unit = 0; unit < width; unit++) {
        starts[length] = at + unit
        ends[length++] = at + unit + 1
      }
    } else {
      if (copied < at) parts.push(text.slice(copied, at))
      copied = at + width
      if (folded !== drop) {
        parts.push(String.fromCharCode(folded))
        starts[length] = at
        ends[length++] = at + width
      }
    }
    at += width
  }
  if (copied === 0) return { text, from: null }
  parts.push(text.slice(copied))
  return { text: parts.join(''), from: { starts, ends } }
}
