/** Whoever writes into it throws. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member)
    if (!(value instanceof Date)) Object.freeze(value)
  }
  return value
}
