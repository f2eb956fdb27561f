import { fold } from './fold.ts'
import { type PhoneNumber, parsedPhone, phonePlan, quickPhone } from './phone-plan.ts'

/** E.164 form of a contact field, so that one number is one number however it was typed. */
export function normalisePhone(text: string, defaultCountry: string): PhoneNumber {
  const home = phonePlan(defaultCountry)
  const plain = fold(text).text
  const written = /^ {0,4}(\+?)([\d ()./-]{1,40})$/.exec(plain)
  if (written !== null) {
    const digits = /\D/.test(written[2]!) ? written[2]!.replace(/\D/g, '') : written[2]!
    const quick = quickPhone(digits, written[1] === '+', home)
    if (quick !== undefined) return quick
  }
  return parsedPhone(plain, home)
}
