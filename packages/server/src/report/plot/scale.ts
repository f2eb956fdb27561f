/** A straight map from values to places on the drawing. */
export interface Scale {
  readonly from: number
  readonly to: number
  at(value: number): number
}

/** `values` that are one point are widened, so that there is always a width to divide by. */
export function linear(from: number, to: number, start: number, end: number): Scale {
  const [low, high] = to > from ? [from, to] : [from - 0.5, from + 0.5]
  return { from: low, to: high, at: value => start + ((value - low) / (high - low)) * (end - start) }
}

/** Coordinates with one decimal: finer than any screen shows at these sizes, and files stay small. */
export const place = (value: number): string => String(Math.round(value * 10) / 10 + 0)
