import type { KeyObject } from 'node:crypto'
import { card } from './card.ts'
import { email } from './email.ts'
import { fold } from './fold.ts'
import { keyedHash } from './keyed-hash.ts'
import { phone } from './phone.ts'
import { type Finding, type PiiType, type Recogniser, scanOf, taken } from './recogniser.ts'
import { ssn } from './ssn.ts'

export interface Redacted {
  readonly text: string
  /** Each token in the text with its type. */
  readonly pii: Readonly<Record<string, string>>
  /** Values replaced, per type. */
  readonly counts: Readonly<Partial<Record<PiiType, number>>>
}

export interface Redactor {
  redact(text: string): Redacted
  /** The token of a value in its normalised form (e-mail lower-cased, phone in E.164, digits of a card or SSN). */
  token(type: PiiType, value: string): string
}

const nothing = Object.freeze({})
// Whatever holds none of these holds nothing personal that is looked for here; most texts end at this test.
const worthReading = /[@\uff20\p{Nd}\p{Default_Ignorable_Code_Point}]/u
const spelledAt = /[([{<]\s{0,3}at\s{0,3}[)\]}>]|\sdot\s/i
// Text that is redacted again keeps its tokens, also those whose ten characters happen to be digits.
const tokens = /\[(?:EMAIL|IBAN|CARD|IP|SSN|PHONE):[0-9a-f]{10}\]/g

/** Replaces personal values by tokens under the tenant's key. Everything else stays as it was, byte for byte. */
export function createRedactor(tenantKey: KeyObject, options: { readonly defaultCountry: string }): Redactor {
  const recognisers: readonly Recogniser[] = [email, card, ssn(options.defaultCountry), phone(options.defaultCountry)]
  const hash = keyedHash(tenantKey)
  const token = (type: PiiType, value: string): string => `[${type}:${hash(`${type}\0${value}`).slice(0, 10)}]`

  const redact = (text: string): Redacted => {
    if (!worthReading.test(text) && !spelledAt.test(text)) return { text, pii: nothing, counts: nothing }
    const folded = fold(text)
    const found = findAll(folded.text, recognisers)
    if (found.length === 0) return { text, pii: nothing, counts: nothing }
    const pii: Record<string, string> = {}
    const counts: Partial<Record<PiiType, number>> = {}
    const parts: string[] = []
    let copied = 0
    for (const { type, start, end, value } of found) {
      const name = token(type, value)
      parts.push(text.slice(copied, folded.from?.starts[start] ?? start), name)
      copied = folded.from?.ends[end - 1] ?? end
      pii[name] = type
      counts[type] = (counts[type] ?? 0) + 1
    }
    parts.push(text.slice(copied))
    return { text: parts.join(''), pii, counts }
  }
  return { redact, token }
}

/** Findings of all recognisers in text order. Earlier recognisers win: what they took is blank to those behind them. */
function findAll(text: string, recognisers: readonly Recogniser[]): readonly (Finding & { readonly type: PiiType })[] {
  const all: (Finding & { type: PiiType })[] = []
  let scan = scanOf(text.includes(']') ? text.replace(tokens, token => taken.repeat(token.length)) : text)
  for (const recogniser of recognisers) {
    const found = recogniser.find(scan)
    if (found.length === 0) continue
    for (const finding of found) all.push({ ...finding, type: recogniser.type })
    scan = scanOf(blanked(scan.text, found))
  }
  return all.sort((one, other) => one.start - other.start)
}

function blanked(text: string, found: readonly Finding[]): string {
  const parts: string[] = []
  let copied = 0
  for (const { start, end } of found) {
    parts.push(text.slice(copied, start), taken.repeat(end - start))
    copied = end
  }
  parts.push(text.slice(copied))
  return parts.join('')
}
