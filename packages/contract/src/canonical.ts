import type { Json } from './json.ts'

/**
 * Canonical JSON text: keys sorted by UTF-16 code units, no blanks, numbers as ECMAScript prints them.
 * Equal values give equal bytes, so the text can be hashed, compared and signed.
 * @param value any JSON value; numbers must be finite
 * @throws TypeError when a number is NaN or infinite (JSON has no such number)
 * @see RFC 8785, JSON Canonicalization Scheme
 * @example canonical({ b: 1, a: [true, null] }) // '{"a":[true,null],"b":1}'
 */
export function canonical(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON has no NaN and no infinity')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  return canonicalObject(value as { readonly [key: string]: Json })
}

function canonicalObject(value: { readonly [key: string]: Json }): string {
  let text = '{'
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member === undefined) continue
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(key)}:${canonical(member)}`
  }
  return `${text}}`
}
