const steps = 32
const stepsPerUnit = steps / Math.LN2
// ln 2 / 32 in two parts: the first has enough trailing zeros that whole multiples of it up to 2^16 are exact.
const stepHead = Math.round((Math.LN2 / steps) * 2 ** 38) / 2 ** 38
const stepTail = (Math.LN2 - steps * stepHead + 2.3190468138462996e-17) / steps
/** 2^(-j/32) for j = 0..31, correctly rounded and written out, because `Math.pow` differs between engines. */
// biome-ignore format: a table
const fraction = Float64Array.of(
  1.0, 0.9785720620877001, 0.9576032806985737, 0.93708381705515,
  0.9170040432046712, 0.8973545375015536, 0.8781260801866497, 0.859309649061239,
  0.8408964152537145, 0.8228777390769825, 0.8052451659746271, 0.7879904225539432,
  0.7711054127039704, 0.7545822137967114, 0.7384130729697497, 0.7225904034885233,
  Math.SQRT1_2, 0.691954940981916, 0.6771277734684463, 0.6626183215798707,
  0.6484197773255048, 0.6345254785958666, 0.620928906036742, 0.6076236799902345,
  0.5946035575013605, 0.5818624293887887, 0.5693943173783458, 0.5571933712979462,
  0.5452538663326288, 0.5335702003384118, 0.5221368912137069, 0.5109485743270583,
)
/** 2^-k for whole k down to the smallest double. */
const whole = new Float64Array(1076)
for (let k = 0, power = 1; k < whole.length; k++, power /= 2) whole[k] = power

/**
 * exp(-a) for a >= 0, relative error below 1e-15. In loops over millions of rows about one and a half times as fast as
 * `Math.exp`, which is a call out of compiled code, and the same bits on every engine.
 * @param a 0 or more; from 745.2 on, where doubles end, the answer is 0; NaN gives NaN
 */
export function expMinus(a: number): number {
  if (!(a < 745)) return a >= 745 ? 0 : NaN
  const k = (a * stepsPerUnit + 0.5) | 0
  const r = k * stepHead - a + k * stepTail // |r| <= 0.0109
  const series = r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))))
  const power = fraction[k & 31]! * whole[k >> 5]!
  return power + power * series
}
