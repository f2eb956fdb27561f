/** How large a property is tested: within every `npm test`, within `--quick` promises, or in full by hand. */
export type PromiseSize = 'subset' | 'quick' | 'full'

/** The three sizes of one count. */
export function sized(size: PromiseSize, subset: number, quick: number, full: number): number {
  return size === 'subset' ? subset : size === 'quick' ? quick : full
}

/** Highest share of `runs` that still agrees with `rate`: one-sided tail of 1e-4, 3.7 standard errors. */
export function atMost(rate: number, runs: number): number {
  return rate + 3.7 * Math.sqrt((rate * (1 - rate)) / runs)
}

/** Lowest share of `runs` that still agrees with `rate`. */
export function atLeast(rate: number, runs: number): number {
  return rate - 3.7 * Math.sqrt((rate * (1 - rate)) / runs)
}
