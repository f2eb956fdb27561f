/**
 * Sample covariance (divisor n - 1) of two equally long rows of numbers, by centred products around known means.
 * @param a,b  same length n >= 2
 * @param meanA,meanB their means
 */
export function covarianceAround(a: Float64Array, meanA: number, b: Float64Array, meanB: number): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} against ${b.length} values`)
  const block = 4096
  let total = 0
  for (let start = 0; start < a.length; start += block) {
    const end = Math.min(a.length, start + block)
    let sum = 0
    for (let i = start; i < end; i++) sum += (a[i]! - meanA) * (b[i]! - meanB)
    total += sum
  }
  return total / (a.length - 1)
}
