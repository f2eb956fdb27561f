/** What decides which split is best, the same in every thread. */
export interface Rules {
  readonly lambda: number
  readonly gamma: number
  readonly minChildWeight: number
  readonly categorical: readonly boolean[]
  /** 1: more of it never lowers the score; -1: never raises it; 0: free. */
  readonly monotone: readonly (-1 | 0 | 1)[]
}

/** Up to so many levels each is tried alone against all others; beyond, levels are ordered by their leaf value first. */
export const mostOneHot = 16

/** Second derivatives below this are what subtraction leaves behind in an empty bin. */
export const noEvidence = 1e-10
