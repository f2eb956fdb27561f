/**
 * Six decimals: more than any of these numbers deserves, few enough that files can be compared by eye. JSON has no NaN
 * and no infinity, so those become null.
 */
export function six(value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null
  // Through text, because value * 1e6 overflows the exact integers for large values.
  return Number(value.toFixed(6)) + 0
}
