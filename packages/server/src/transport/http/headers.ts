import type { HttpConfig } from './http-config.ts'

/** On every answer of the API: a page that shows one of them may load and run nothing, and nothing between keeps it. */
export const apiHeaders: { readonly [name: string]: string } = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** The reference page draws itself from files of this server; its renderer sets styles inline. */
export const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

export const jsonType = 'application/json; charset=utf-8'
export const problemType = 'application/problem+json; charset=utf-8'

const requestIdPattern = /^[A-Za-z0-9._-]{1,128}$/

/** One of 300 would be taken for a phone number or a card; nobody makes one of either. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i
export const isUuid = (text: string): boolean => uuid.test(text)

/** The caller's id when it is harmless in headers, logs and the audit log, else one of ours. */
export function chooseRequestId(
  given: string | string[] | undefined,
  { requestIds, looksPersonal }: Pick<HttpConfig, 'requestIds' | 'looksPersonal'>,
): string {
  const harmless = typeof given === 'string' && requestIdPattern.test(given) && (isUuid(given) || !looksPersonal(given))
  return harmless ? given : requestIds()
}
