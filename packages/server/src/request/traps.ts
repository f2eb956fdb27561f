/** Far above any honest body, far below what would exhaust the stack of code that walks a value. */
const deepest = 64
/** Of one object: twenty times as many as the widest honest one has. Each name of a larger one costs everybody who waits. */
const mostFields = 10_000

/**
 * What must not come in with JSON, in a sentence; null: nothing. `__proto__` would set a prototype where code copies field by
 * field; deep nesting would exhaust the stack; a number such as 1e999 is read as infinity, which can be neither stored nor hashed; an object of
 * 300,000 names kept everybody waiting for more than a second while it was checked.
 */
export function trapIn(value: unknown, levels = deepest): string | null {
  if (value === Infinity || value === -Infinity) return 'A number is too large: the largest is about 1.8e308.'
  if (typeof value !== 'object' || value === null) return null
  if (levels === 0) return `The body is nested deeper than ${deepest} levels.`
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = trapIn(item, levels - 1)
      if (found !== null) return found
    }
    return null
  }
  // What JSON.parse makes has nothing but fields of its own.
  let fields = 0
  for (const key in value) {
    if (++fields > mostFields) return `An object has more than ${mostFields} fields.`
    if (key === '__proto__') return 'A field may not be called __proto__.'
    const found = trapIn((value as Record<string, unknown>)[key], levels - 1)
    if (found !== null) return found
  }
  return null
}
