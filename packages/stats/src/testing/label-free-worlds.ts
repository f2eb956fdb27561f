import type { LabelledWindow } from '../labelfree/pape.ts'
import { denseDesign } from '../model/design.ts'
import { sigmoid } from '../model/sigmoid.ts'
import type { Rng } from '../rng.ts'
import { normalDraw } from './normal-draws.ts'

/** Rows with the probabilities they were drawn with. */
export interface World extends LabelledWindow {
  readonly truth: Float64Array
}

/**
 * y ~ Bernoulli(σ(-1.5 + slope·x1 + x2)), seen by the model σ(-1.4 + 1.2·x1) that is blind to x2. Moving the mean of x2
 * is a change of inputs that the model cannot see; a slope other than 1.2 is a change of concept.
 */
export function blindModelWorld(
  draw: Rng,
  n: number,
  { meanX2, slope = 1.2 }: { readonly meanX2: number; readonly slope?: number },
): World {
  const x = new Float64Array(2 * n)
  const y = new Uint8Array(n)
  const scores = new Float64Array(n)
  const truth = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const x1 = normalDraw(draw)
    const x2 = normalDraw(draw) + meanX2
    x[2 * i] = x1
    x[2 * i + 1] = x2
    truth[i] = sigmoid(-1.5 + slope * x1 + x2)
    y[i] = draw.uniform() < truth[i]! ? 1 : 0
    scores[i] = sigmoid(-1.4 + 1.2 * x1)
  }
  const decisions = Uint8Array.from(scores, score => (score >= 0.5 ? 1 : 0))
  return { design: denseDesign(x, n, 2), scores, decisions, y, truth }
}
