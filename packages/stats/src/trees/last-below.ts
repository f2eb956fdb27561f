/**
 * The largest double that, rounded to single precision, is below a single-precision threshold: value <= lastBelow(t)
 * holds exactly when fround(value) < fround(t).
 */
export function lastBelow(threshold: number): number {
  const t = Math.fround(threshold)
  const middle = (t + singleBelow(t)) / 2
  // Half-way goes to the neighbour with the even last bit, which may be t itself.
  return Math.fround(middle) === t ? doubleBelow(middle) : middle
}

/** The next smaller single-precision number. */
function singleBelow(value: number): number {
  const single = new Float32Array([value === 0 ? 0 : value])
  const bits = new Uint32Array(single.buffer)
  if (single[0] === 0) bits[0] = 0x80000001
  else bits[0]! += single[0]! > 0 ? -1 : 1
  return single[0]!
}

/** The next smaller double; never called with 0. */
function doubleBelow(value: number): number {
  const double = new Float64Array([value])
  const bits = new BigInt64Array(double.buffer)
  bits[0]! += value > 0 ? -1n : 1n
  return double[0]!
}
