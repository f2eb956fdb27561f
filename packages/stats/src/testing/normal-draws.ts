import type { Rng } from '../rng.ts'
import { normalPpf } from '../special/normal.ts'

/** One standard normal by inversion. */
export function normalDraw(draw: Rng): number {
  return normalPpf(Math.max(draw.uniform(), 2 ** -54))
}

/** Number of successes in n draws of probability p. */
export function binomialDraw(draw: Rng, n: number, p: number): number {
  let hits = 0
  for (let i = 0; i < n; i++) if (draw.uniform() < p) hits++
  return hits
}
