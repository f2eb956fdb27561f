import { randomBytes } from 'node:crypto'
import type { Contact } from '@surety/contract'
import { createRedactor, keyedHash, normalisePhone, tenantPiiKey } from '@surety/pii'
import type { TenantPrivacy } from '../pipeline/ingest.ts'
import type { Database, Db } from '../store/db.ts'
import { nameWords } from '../store/search-words.ts'
import { findTenant } from '../store/tenants.ts'

/** A token as the search index keeps it: lower case, without brackets. */
export const tokenWord = (token: string): string => token.slice(1, -1).toLowerCase()

/** A text of a tenant as it may be written, read with the country of the tenant. */
export async function redactFor(db: Db, piiRoot: Buffer, tenant: string, text: string): Promise<string> {
  const { country } = await findTenant(db, tenant)
  return tenantPrivacy(piiRoot, tenant, country).redact(text).text
}

/** The same for commands that keep nothing of it and have no keys: what is found is taken out, under a key that nobody has. */
export function redactBeside(db: Database): (tenant: string, text: string) => Promise<string> {
  const root = randomBytes(32)
  return (tenant, text) => db.transaction([tenant], handle => redactFor(handle, root, tenant, text))
}

/** Is there something personal in a text of nobody's in particular? Phone numbers are read as at home in the country that is the default. */
export function personalTextOf(piiRoot: Buffer): (text: string) => boolean {
  const { redact } = tenantPrivacy(piiRoot, '', 'US')
  return text => redact(text).text !== text
}

/** HMAC of a text under the key of the tenant, as hexadecimal text. */
export const hashFor = (piiRoot: Buffer, tenant: string, text: string): string =>
  keyedHash(tenantPiiKey(piiRoot, tenant))(text)

/** Redaction and search words of one tenant, under the tenant's own key. */
export function tenantPrivacy(piiRoot: Buffer, tenant: string, country: string): TenantPrivacy {
  const key = tenantPiiKey(piiRoot, tenant)
  const hash = keyedHash(key)
  const redactor = createRedactor(key, { defaultCountry: country })
  return {
    hash,
    redact: text => redactor.redact(text),
    readContact(contact: Contact) {
      // Together: many a company is called after the person, and each word is hashed once.
      const words = nameWords(hash, [contact.name, contact.company].join('\n'))
      if (contact.email !== undefined) words.push(tokenWord(redactor.token('EMAIL', contact.email.toLowerCase())))
      if (contact.phone === undefined) return { words, phoneValid: null }
      const phone = normalisePhone(contact.phone, country)
      if (phone.e164 !== null) words.push(tokenWord(redactor.token('PHONE', phone.e164)))
      return { words, phoneValid: phone.valid }
    },
  }
}
