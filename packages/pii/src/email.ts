import { type Finding, isAsciiLetter, isDigit, type Recogniser, type Scan } from './recogniser.ts'

/** E-mail addresses: ASCII and international, `%40`, "(at)", spelled out with "at … dot", and `@localhost`. */
export const email: Recogniser = { type: 'EMAIL', find }

const signs = /@|%40|[([{<]\s{0,3}(?:at|@)\s{0,3}[)\]}>]|\sat\s/gi

function find({ text }: Scan): readonly Finding[] {
  const found: Finding[] = []
  let free = 0
  signs.lastIndex = 0
  for (let sign = signs.exec(text); sign !== null; sign = signs.exec(text)) {
    const spelled = /^\s/.test(sign[0])
    const bracketed = /^[([{<]/.test(sign[0])
    const after = sign.index + sign[0].length
    const domain = spelled || bracketed ? spelledDomain(text, after, spelled) : plainDomain(text, after)
    const local = domain && localPart(text, sign.index, free, spelled || bracketed)
    if (!domain || !local) continue
    const value = `${local.value}@${domain.value}`.normalize('NFC').toLowerCase().replaceAll('%40', '@')
    found.push({ start: local.start, end: domain.end, value })
    free = domain.end
    signs.lastIndex = domain.end
  }
  return found
}

interface Part {
  readonly start: number
  readonly end: number
  readonly value: string
}

// Slash, question mark, equals and ampersand are legal before the @ but far more often they are part of a web address
// around it, which has to stay as it is.
const localSigns = new Set([...".!#$%'*+^_`{|}~-"].map(char => char.charCodeAt(0)))

function isLocal(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return isWord(text, at) || localSigns.has(code)
}

function isWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < 128) return isAsciiLetter(code) || isDigit(code)
  return /[\p{L}\p{M}\p{N}\p{Cs}]/u.test(text[at]!)
}

function localPart(text: string, sign: number, free: number, loose: boolean): Part | null {
  let end = sign
  if (loose) while (end > free && text[end - 1] === ' ' && sign - end < 3) end--
  if (text[end - 1] === '"') {
    const open = text.lastIndexOf('"', end - 2)
    if (open >= free && end - open <= 66) return { start: open, end, value: text.slice(open, end) }
    return null
  }
  let start = end
  while (start > free && isLocal(text, start - 1)) start--
  while (start < end && !isWord(text, start) && !/[_+$!#]/.test(text[start]!)) start++
  if (start === end || text[end - 1] === '.') return null
  if (!loose) return { start, end, value: text.slice(start, end) }
  // "jane dot doe at example dot com": words joined by "dot" belong to the name.
  let value = text.slice(start, end)
  for (let words = 0; words < 4; words++) {
    const before = /([\p{L}\p{N}_-]{1,32})\s{1,3}dot\s{1,3}$/iu.exec(text.slice(Math.max(free, start - 45), start))
    if (!before) break
    start -= before[0].length
    value = `${before[1]}.${value}`
  }
  return { start, end, value }
}

/** Labels from `from` on; what follows the last one that can end a domain is not part of it ("jane@example.com.612-…"). */
function plainDomain(text: string, from: number): Part | null {
  let end = from
  let labelStart = from
  let domainEnd = -1
  for (let at = from; ; at++) {
    if (at < text.length && (isWord(text, at) || (text[at] === '-' && at > labelStart))) continue
    end = at
    while (end > labelStart && text[end - 1] === '-') end--
    if (labelStart > from && endsDomain(text.slice(labelStart, end))) domainEnd = end
    if (end < at || at === labelStart || text[at] !== '.') break
    labelStart = at + 1
  }
  if (domainEnd > 0) return { start: from, end: domainEnd, value: text.slice(from, domainEnd) }
  const host = /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3})(?![\p{L}\d-])/iu.exec(text.slice(from, from + 17))
  return host && { start: from, end: from + host[0].length, value: host[0] }
}

function endsDomain(last: string): boolean {
  return last.length >= 2 && /\p{L}/u.test(last)
}

const label = /\s{0,3}([\p{L}\p{N}-]{1,63})/uy
const joint = /\s{1,3}dot\s{1,3}|\s{0,3}[([{<]\s{0,3}(?:dot|\.)\s{0,3}[)\]}>]\s{0,3}|\./iy
// "at this dot here": a word that points at something is no domain.
const pointing = new Set(['the', 'this', 'that', 'a', 'an', 'my', 'your', 'our', 'each', 'every', 'any'])

/** Labels joined by "dot", "(dot)" or a plain dot; the plain dot counts only where the "at" was bracketed. */
function spelledDomain(text: string, from: number, needsWord: boolean): Part | null {
  const labels: string[] = []
  let end = from
  let at = from
  while (labels.length < 8) {
    label.lastIndex = at
    const next = label.exec(text)
    if (!next) break
    labels.push(next[1]!)
    end = label.lastIndex
    joint.lastIndex = end
    const dot = joint.exec(text)
    if (!dot || (needsWord && dot[0] === '.')) break
    at = joint.lastIndex
  }
  const value = labels.join('.')
  const first = labels[0]?.toLowerCase() ?? ''
  if (labels.length < 2 || !endsDomain(labels.at(-1)!) || pointing.has(first)) return null
  return { start: from, end, value }
}
