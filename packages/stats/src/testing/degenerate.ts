/** A named pair of scores (all in [0, 1] or deliberately broken) and labels that statistics stumble over. */
export interface Degenerate {
  readonly name: string
  readonly scores: Float64Array
  readonly y: Uint8Array
}

const of = (name: string, scores: readonly number[], y: readonly number[]): Degenerate => ({
  name,
  scores: Float64Array.from(scores),
  y: Uint8Array.from(y),
})

const many = (value: (i: number) => number) => Array.from({ length: 40 }, (_, i) => value(i))

/** 6.12: nothing, one row, one class, constants, what is not finite, -0, all ties, probabilities of exactly 0 and 1. */
export const degenerate: readonly Degenerate[] = [
  of('nothing', [], []),
  of('one row of class 0', [0.3], [0]),
  of('one row of class 1', [0.3], [1]),
  of('two equal rows of both classes', [0.5, 0.5], [0, 1]),
  of('two rows ranked right', [0.2, 0.7], [0, 1]),
  of('two rows ranked wrong', [0.2, 0.7], [1, 0]),
  of(
    'class 0 only',
    many(i => i / 40),
    many(() => 0),
  ),
  of(
    'class 1 only',
    many(i => i / 40),
    many(() => 1),
  ),
  of(
    'all ties',
    many(() => 0.25),
    many(i => i % 2),
  ),
  of(
    'all 0',
    many(() => 0),
    many(i => i % 2),
  ),
  of(
    'all 1',
    many(() => 1),
    many(i => i % 2),
  ),
  of(
    '0 and -0',
    many(i => (i % 2 === 0 ? 0 : -0)),
    many(i => (i % 3 === 0 ? 1 : 0)),
  ),
  of(
    'perfect certainty',
    many(i => i % 2),
    many(i => i % 2),
  ),
  of(
    'perfect error',
    many(i => i % 2),
    many(i => 1 - (i % 2)),
  ),
  of(
    'one positive',
    many(i => i / 40),
    many(i => (i === 17 ? 1 : 0)),
  ),
  of(
    'one negative',
    many(i => i / 40),
    many(i => (i === 17 ? 0 : 1)),
  ),
  of(
    'smallest doubles',
    many(i => i * 5e-324),
    many(i => i % 2),
  ),
  of(
    'next to 1',
    many(i => 1 - i * 2 ** -53),
    many(i => i % 2),
  ),
  of('NaN', [0.1, NaN, 0.3], [0, 1, 0]),
  of('Infinity', [0.1, Infinity, 0.3], [0, 1, 0]),
  of('-Infinity', [0.1, -Infinity, 0.3], [0, 1, 0]),
  of('a label of 2', [0.1, 0.2, 0.3], [0, 2, 1]),
]
