/**
 * PostgreSQL array literals for the hot statement. The driver's own encoder walks each value generically; these know
 * their type and cost a third of it.
 */
const needsEscape = /["\\]/

export function textArray(values: readonly (string | null)[]): string {
  let out = '{'
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (i > 0) out += ','
    if (value === null || value === undefined) out += 'NULL'
    else out += needsEscape.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`
  }
  return `${out}}`
}

/** For numbers, booleans, uuids and times: values whose text never needs quoting. */
export function plainArray(values: readonly (string | number | boolean | null)[]): string {
  let out = '{'
  for (let i = 0; i < values.length; i++) {
    if (i > 0) out += ','
    out += values[i] === null ? 'NULL' : String(values[i])
  }
  return `${out}}`
}

export function byteaArray(values: readonly (Buffer | null)[]): string {
  let out = '{'
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (i > 0) out += ','
    out += value === null || value === undefined ? 'NULL' : `"\\\\x${value.toString('hex')}"`
  }
  return `${out}}`
}

/** ISO times hold no character that an array literal would need quoted. */
export function timeArray(values: readonly Date[]): string {
  return plainArray(values.map(value => value.toISOString()))
}
