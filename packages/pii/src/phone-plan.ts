import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import metadata from 'libphonenumber-js/min/metadata'

export interface PhoneNumber {
  /** `+` and digits; null when no country can be told. */
  readonly e164: string | null
  /** Right length for its country. Not whether it is assigned: numbers for examples and films count as valid. */
  readonly valid: boolean
}

/**
 * What decides most numbers without the library: a number with a possible length and no national prefix is its own
 * E.164 form. The library needs 9 to 50 us a number, this under 1.
 */
export interface PhonePlan {
  readonly country: CountryCode
  readonly callingCode: string
  readonly nationalPattern: RegExp
  /** The prefix dialled before a number at home ("0"), null where there is none. */
  readonly trunk: string | null
  /** Matches the prefix for calls abroad, at the start ("00", "011"). */
  readonly abroad: RegExp
  /** What is dialled at home before a number, at the start: the trunk, relay and carrier codes. */
  readonly prefix: RegExp | null
  /** Some countries rewrite a number that begins in certain ways, which is left to the library. */
  readonly rewrites: boolean
  /** Bit n is set when n digits are possible in every country with this calling code. */
  readonly lengths: number
}

// Positions in the library's packed metadata, version 4.
const idd = 1
const pattern = 2
const lengths = 3
const nationalPrefix = 5
const prefixForParsing = 7
const transformRule = 8

type Packed = readonly unknown[]

function textAt(packed: Packed, position: number): string | null {
  const value = packed[position]
  return typeof value === 'string' && value !== '' ? value : null
}

function lengthBits(packed: Packed): number {
  const value = packed[lengths]
  return Array.isArray(value) ? value.reduce<number>((bits, length) => bits | (1 << Number(length)), 0) : 0
}

/** Is it the ISO 3166 code of a country whose phone numbers can be read? Two capital letters. */
export const isCountry = (code: string): boolean => Object.hasOwn(metadata.countries, code)

function packedOf(country: string): Packed | undefined {
  return Object.hasOwn(metadata.countries, country) ? metadata.countries[country as CountryCode] : undefined
}

function build(country: CountryCode, packed: Packed): PhonePlan {
  const callingCode = String(packed[0])
  const countries: readonly string[] = metadata.country_calling_codes[callingCode] ?? []
  const prefix = textAt(packed, prefixForParsing) ?? textAt(packed, nationalPrefix)
  return {
    country,
    callingCode,
    nationalPattern: new RegExp(`^(?:${textAt(packed, pattern) ?? ''})$`),
    trunk: textAt(packed, nationalPrefix),
    abroad: new RegExp(`^(?:${textAt(packed, idd) ?? '(?!)'})`),
    prefix: prefix === null ? null : new RegExp(`^(?:${prefix})`),
    rewrites: textAt(packed, transformRule) !== null,
    lengths: countries.reduce((bits, other) => bits & lengthBits(packedOf(other) ?? []), lengthBits(packed)),
  }
}

const byCountry = new Map<string, PhonePlan>()
const byCode = new Map<string, PhonePlan | null>()

/** @throws when the country is none that the library knows, in the two-letter form of ISO 3166. */
export function phonePlan(country: string): PhonePlan {
  const known = byCountry.get(country)
  if (known !== undefined) return known
  const packed = packedOf(country)
  if (packed === undefined)
    throw new Error(`unknown country ${JSON.stringify(country)}: two capital letters such as US`)
  const plan = build(country as CountryCode, packed)
  byCountry.set(country, plan)
  return plan
}

function planOfCode(code: string): PhonePlan | null {
  const known = byCode.get(code)
  if (known !== undefined) return known
  const main = Object.hasOwn(metadata.country_calling_codes, code)
    ? metadata.country_calling_codes[code]?.[0]
    : undefined
  const plan = main === undefined ? null : phonePlan(main)
  if (code.length <= 3) byCode.set(code, plan)
  return plan
}

/** E.164 form of bare digits where the tables decide alone; undefined where the library has to be asked. */
export function quickPhone(digits: string, international: boolean, home: PhonePlan): PhoneNumber | undefined {
  if (!international) {
    if (digits.startsWith(home.callingCode) || home.abroad.test(digits)) return undefined
    return settle(digits, home)
  }
  for (let size = 1; size <= 3 && size < digits.length; size++) {
    const plan = planOfCode(digits.slice(0, size))
    if (plan !== null) return settle(digits.slice(size), plan)
  }
  return undefined
}

function settle(number: string, plan: PhonePlan): PhoneNumber | undefined {
  const prefix = plan.prefix?.exec(number) ?? null
  if (prefix === null)
    return isPossible(number, plan) ? { e164: `+${plan.callingCode}${number}`, valid: true } : undefined
  if (plan.rewrites) return undefined
  const rest = number.slice(prefix[0].length)
  if (!isPossible(rest, plan) || !plan.nationalPattern.test(rest)) return undefined
  return { e164: `+${plan.callingCode}${rest}`, valid: true }
}

function isPossible(number: string, plan: PhonePlan): boolean {
  return number.length <= 17 && (plan.lengths & (1 << number.length)) !== 0
}

/** The library's answer. */
export function parsedPhone(text: string, home: PhonePlan): PhoneNumber {
  const parsed = parsePhoneNumberFromString(text, home.country)
  return parsed === undefined ? { e164: null, valid: false } : { e164: parsed.number, valid: parsed.isPossible() }
}
