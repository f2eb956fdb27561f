/** Marks the end of a clause in the output of `wordsOf`; no word is empty. */
export const clauseEnd = ''

const other = 0
const wordChar = 1
const clauseChar = 2
const apostrophe = 3

const ascii = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code)
  if (/[0-9A-Za-z]/.test(char)) ascii[code] = wordChar
  else if (/[.,;:!?\n\r\v\f]/.test(char)) ascii[code] = clauseChar
  else if (char === "'") ascii[code] = apostrophe
}

function classOf(code: number): number {
  if (code < 128) return ascii[code]!
  if (code === 0x2019 || code === 0x02bc) return apostrophe
  if (code === 0x2028 || code === 0x2029 || code === 0x85) return clauseChar
  return /[\p{L}\p{M}\p{Nd}]/u.test(String.fromCodePoint(code)) ? wordChar : other
}

/**
 * Lower-case words of a text in order, with `clauseEnd` between clauses. A word is letters, digits and inner apostrophes,
 * so a cue can never match inside a longer word. One pass over the characters, no backtracking.
 */
export function wordsOf(raw: string): readonly string[] {
  // NFKC changes no ASCII text, and nearly all leads are ASCII: the test is a hundred times cheaper than the call.
  const text = (/[\u0080-\uffff]/.test(raw) ? raw.normalize('NFKC') : raw).toLowerCase()
  const words: string[] = []
  let start = -1
  let at = 0
  while (at < text.length) {
    const code = text.codePointAt(at)!
    const kind = classOf(code)
    const inside = kind === wordChar || (kind === apostrophe && start >= 0 && startsWord(text, at + 1))
    if (inside) {
      if (start < 0) start = at
    } else {
      if (start >= 0) words.push(text.slice(start, at))
      start = -1
      if (kind === clauseChar && words.length > 0 && words[words.length - 1] !== clauseEnd) words.push(clauseEnd)
    }
    at += code > 0xffff ? 2 : 1
  }
  if (start >= 0) words.push(text.slice(start))
  return words
}

function startsWord(text: string, at: number): boolean {
  const code = text.codePointAt(at)
  return code !== undefined && classOf(code) === wordChar
}
