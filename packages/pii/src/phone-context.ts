/** What the words before a run of digits make of it. */
export type Context = 'phone' | 'identifier' | 'none'

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '))

const phoneWords = words(
  'phone phones telephone tel call cell cellphone mobile mob fax text sms whatsapp ring dial reach ph telefon telefono teléfono téléphone tél handy móvil rufnummer',
)
const identifierWords = words(
  'order invoice id ref reference ticket account acct tracking zip sku po case job ts timestamp serial isbn',
)
const fillers = words(
  'number no nr num is was are at on me us him her them back my the our your his their to it please now or and a an',
)
// After these a full stop ends an abbreviation and not a sentence.
const abbreviations = words('tel mob ph fax tél ref no nr num po acct id')
const owners = words('my our his her their your')

/** How far back is read: a few words, so that hostile text costs no more than its length. */
const window = 48

/**
 * The nearest telling word before `start` decides, over fillers ("order number is …") and for phone words over one
 * unknown word ("call Jane at …"). Another sentence says nothing.
 */
export function contextBefore(text: string, start: number): Context {
  const parts = text.slice(Math.max(0, start - window), start).match(/\p{L}+|\d+|[^\p{L}\d\s]|\n/gu) ?? []
  let identifiers = true
  let ownNumber = false
  let number = false
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at]!.toLowerCase()
    if (phoneWords.has(part)) return 'phone'
    if (identifierWords.has(part)) return identifiers ? 'identifier' : 'none'
    if (fillers.has(part)) {
      number ||= part === 'number'
      ownNumber ||= number && owners.has(part)
    } else if (/^[#$€£¥]$/.test(part)) return identifiers ? 'identifier' : 'none'
    else if (part === '.') {
      const before = parts[at - 1]?.toLowerCase()
      if (before === undefined || !abbreviations.has(before)) break
    } else if (/^[!?;\n\d\0]/.test(part)) break
    else if (part === ',') identifiers = false
    else if (/^\p{L}/u.test(part)) {
      if (!identifiers) break
      identifiers = false
    }
  }
  return ownNumber ? 'phone' : 'none'
}
