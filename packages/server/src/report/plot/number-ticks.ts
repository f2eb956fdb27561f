/** Round numbers between two values, about `wanted` of them: steps of 1, 2 or 5 times a power of ten. */
export function numberTicks(from: number, to: number, wanted: number): readonly number[] {
  const step = roundStep((to - from) / Math.max(1, wanted))
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  // From whole numbers, so that no 0.30000000000000004 is written below an axis.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => tidy((first + k) * step))
}

/** The round number at or above a value, so that the highest bar keeps a little room. */
export function roundUp(value: number, wanted: number): number {
  const step = roundStep(value / Math.max(1, wanted))
  return tidy(Math.ceil(value / step - 1e-9) * step)
}

function roundStep(rough: number): number {
  if (!(rough > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find(candidate => candidate * power >= rough * (1 - 1e-9)) ?? 10
  return factor * power
}

const tidy = (value: number): number => Number(value.toPrecision(12))
