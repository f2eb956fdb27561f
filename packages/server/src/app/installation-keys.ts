import { createHmac } from 'node:crypto'
import { ConfigError } from '../config/config.ts'
import type { Secrets, StoredKeys } from '../config/secrets.ts'
import type { Audit } from '../store/audit.ts'
import type { Database, Reader } from '../store/db.ts'
import {
  forgetInstallationKeys,
  type InstallationKey,
  type KeyName,
  lockInstallationKeys,
  noteInstallationKey,
  readInstallationKeys,
} from '../store/installation-keys.ts'
import { processesPresent } from '../store/rate-totals.ts'
import { dataKeys } from '../store/seal.ts'
import { sealedWithOthers } from '../store/sealed-contacts.ts'
import { tenantsOf } from '../store/tenants.ts'

type Held = Pick<Secrets, 'dataKeys' | 'piiRoot' | 'modelSigningKey'>

/** What each key does, and the setting that it comes from. */
const said: Readonly<Record<KeyName, { readonly setting: string; readonly does: string }>> = {
  data_key: { setting: 'DATA_KEY', does: 'contact fields are sealed with' },
  pii_key: { setting: 'PII_KEY', does: 'persons are found again by' },
  signing_key: { setting: 'MODEL_SIGNING_KEY', does: 'models, receipts and certificates are signed with' },
}

/** 128 bits of HMAC-SHA256 under the key itself: equal for equal keys, and nothing of the key can be told from it. */
const fingerprint = (name: KeyName, key: Buffer | string): string =>
  createHmac('sha256', key).update(`fingerprint of ${name} of an installation`).digest('hex').slice(0, 32)

export type Fingerprints = Readonly<Record<KeyName, readonly string[]>>

/** Of each key those that this process has, if any; of `data_key` the first seals and the others open. */
export const fingerprintsOf = ({ dataKeys, piiRoot, modelSigningKey }: StoredKeys): Fingerprints => ({
  data_key: dataKeys.map(key => fingerprint('data_key', key)),
  pii_key: piiRoot === null ? [] : [fingerprint('pii_key', piiRoot)],
  signing_key: modelSigningKey === null ? [] : [fingerprint('signing_key', modelSigningKey)],
})

/**
 * Holds the keys of this process against those of the installation; the first start on a database notes them. A new `DATA_KEY` is noted as soon as a
 * process that has the older ones as well starts with it in front.
 * @throws ConfigError in one sentence when a key is another one
 */
export async function holdInstallationKeys(db: Database, secrets: Held, now: () => Date): Promise<void> {
  const own = fingerprintsOf(secrets)
  const known = await db.transaction([], readInstallationKeys)
  if (missing(own, known).length === 0) return refuseOthers(own, known)
  await db.transaction([], async handle => {
    await lockInstallationKeys(handle)
    const locked = await readInstallationKeys(handle)
    refuseOthers(own, locked)
    for (const [name, print] of missing(own, locked))
      await noteInstallationKey(handle, { name, fingerprint: print, notedAt: now() })
  })
}

const names = Object.keys(said) as KeyName[]

/** The key in front of each, where it was not noted yet. */
function missing(own: Fingerprints, known: readonly InstallationKey[]): [KeyName, string][] {
  return names.flatMap(name => {
    const [front] = own[name]
    return known.some(one => one.name === name && one.fingerprint === front)
      ? []
      : [[name, front!] as [KeyName, string]]
  })
}

function refuseOthers(own: Fingerprints, known: readonly InstallationKey[]): void {
  const sentence = otherKeys(own, known)
  if (sentence !== null) throw new ConfigError(sentence)
}

/** Why a start with these keys is refused; null: it is not. A key that is not there would be made, and be another one. */
export function otherKeys(own: Fingerprints, known: readonly InstallationKey[]): string | null {
  const foreign = names.filter(name => known.some(one => one.name === name && !own[name].includes(one.fingerprint)))
  if (foreign.length === 0) return null
  const which = foreign.map(name => `${said[name].setting} is not the one that ${said[name].does}`).join(', and ')
  return `Another process of this installation has other keys: ${which} in this database. Start with its keys (keys.json in its DATA_DIR, or your backup of it); whoever changes one on purpose says so first: surety installation-keys accept.`
}

export interface KeyOrder {
  readonly name: KeyName
  readonly reason: string
  /** Contacts that the key does not open are given up. */
  readonly loseContacts?: boolean
}

export interface AcceptedKey {
  readonly name: KeyName
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** Ids of the keys whose contacts cannot be opened any more. */
  readonly given_up?: readonly string[]
}

/** A key is not accepted; nothing was written. */
export class KeyRefused extends Error {}

/**
 * Takes a key of this process as that of the installation from now on, and says so in the audit log of the whole installation. What
 * it takes a start takes, too.
 * @throws KeyRefused while a process serves, and where contacts would be lost that nobody gave up
 */
export async function acceptInstallationKey(
  { db, audit, now }: { readonly db: Database; readonly audit: Audit; readonly now: () => Date },
  secrets: Held,
  { name, reason, loseContacts = false }: KeyOrder,
): Promise<AcceptedKey> {
  const after = fingerprintsOf(secrets)[name]
  const at = now()
  await db.read([], refuseBesideOthers)
  const lost = name === 'data_key' ? await contactsLost(db, secrets.dataKeys) : nothingLost
  if (lost.contacts > 0 && !loseContacts)
    throw new KeyRefused(
      `DATA_KEY does not open ${lost.contacts === 1 ? 'one contact that is' : `${lost.contacts} contacts that are`} stored: put the key that sealed them behind it, separated by a comma, or give them up for good with --lose-contacts.`,
    )
  return db.transaction(['*'], async handle => {
    await lockInstallationKeys(handle)
    await refuseBesideOthers(handle)
    const before = (await readInstallationKeys(handle)).filter(one => one.name === name).map(one => one.fingerprint)
    await forgetInstallationKeys(handle, name)
    for (const fingerprint of after) await noteInstallationKey(handle, { name, fingerprint, notedAt: at })
    const changed = { name, before, after, ...(lost.contacts > 0 ? { given_up: lost.keyIds } : {}) }
    await audit(handle, { tenant: '*', at, actor: 'cli', action: 'installation.key_accepted', reason, detail: changed })
    return changed
  })
}

async function refuseBesideOthers(db: Reader): Promise<void> {
  const serving = await processesPresent(db)
  if (serving > 0)
    throw new KeyRefused(
      `${serving === 1 ? 'A process serves' : `${serving} processes serve`} on this database and would go on with the old key: stop every process of the installation, then accept the new key.`,
    )
}

const nothingLost = { contacts: 0, keyIds: [] as readonly string[] }

async function contactsLost(db: Database, keys: readonly Buffer[]): Promise<typeof nothingLost> {
  const ids = [...dataKeys(keys).keys.keys()]
  const found = []
  for (const tenant of await db.read([], tenantsOf))
    found.push(...(await db.read([tenant], reader => sealedWithOthers(reader, tenant, ids))))
  return {
    contacts: found.reduce((sum, { count }) => sum + count, 0),
    keyIds: [...new Set(found.map(({ keyId }) => keyId))].sort(),
  }
}
