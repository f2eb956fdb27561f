import type { JsonObject } from '@surety/contract'
import { isCountry } from '@surety/pii'
import { tenantPrivacy } from '../app/tenant-privacy.ts'
import type { Config } from '../config/config.ts'
import { loadSecrets } from '../config/secrets.ts'
import { podNamed } from '../pods.ts'

/** What the enrichment of the lead pod reads in a text. */
export function enrichForShow(text: string): JsonObject {
  const pod = podNamed('customer-ops')
  const event = { payload: { details: text }, text, ignored: [] }
  return pod.enrich(event, { now: new Date(0), settings: pod.defaultSettings, enrichment: true })
}

/** A text as it would be stored for the configured tenant, if that is its country; null: there is no such country. */
export async function redactForShow(config: Config, text: string, country: string): Promise<JsonObject | null> {
  if (!isCountry(country)) return null
  const { piiRoot } = await loadSecrets(config.secrets, config.dataDir)
  const { text: redacted, pii } = tenantPrivacy(piiRoot, config.tenant, country).redact(text)
  return { text: redacted, pii: { ...pii } }
}
