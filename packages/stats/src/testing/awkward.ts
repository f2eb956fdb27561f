/** Scores no statistic can use: every function of scores and labels must refuse them, never answer NaN. */
export const notFinite: readonly Float64Array[] = [NaN, Infinity, -Infinity].map(bad => Float64Array.of(0.2, bad, 0.7))

/** True when no number inside the value, however deep, is NaN or infinite. */
export function allFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (value instanceof Float64Array) return value.every(Number.isFinite)
  if (typeof value === 'object' && value !== null) return Object.values(value).every(allFinite)
  return true
}

/** Code of a refusal; fails the comparison with a plain word when there was an answer. */
export function codeOf(result: { readonly ok: true } | { readonly ok: false; readonly code: string }): string {
  return result.ok ? 'answered' : result.code
}
