/** Scores and labels of every kind that has broken a statistic somewhere; all probabilities unless the name says otherwise. */
export const awkwardRows: readonly { readonly name: string; readonly p: Float64Array; readonly y: Uint8Array }[] = [
  { name: 'nothing', p: new Float64Array(0), y: new Uint8Array(0) },
  { name: 'one row', p: Float64Array.of(0.3), y: Uint8Array.of(1) },
  { name: 'two rows of both classes', p: Float64Array.of(0.3, 0.6), y: Uint8Array.of(1, 0) },
  { name: 'one class', p: Float64Array.from({ length: 150 }, (_, i) => i / 150), y: new Uint8Array(150) },
  { name: 'the other class', p: Float64Array.from({ length: 150 }, (_, i) => i / 150), y: new Uint8Array(150).fill(1) },
  { name: 'all tied', p: new Float64Array(150).fill(0.4), y: Uint8Array.from({ length: 150 }, (_, i) => i % 2) },
  {
    name: 'exactly 0 and 1, with -0',
    p: Float64Array.from({ length: 150 }, (_, i) => [0, 1, -0][i % 3]!),
    y: Uint8Array.from({ length: 150 }, (_, i) => (i % 3 === 1 ? 1 : 0)),
  },
  {
    name: 'exactly 0 and 1, always wrong',
    p: Float64Array.from({ length: 150 }, (_, i) => i % 2),
    y: Uint8Array.from({ length: 150 }, (_, i) => 1 - (i % 2)),
  },
  {
    name: 'next to each other',
    p: Float64Array.from({ length: 150 }, (_, i) => 5e-324 * i),
    y: Uint8Array.from({ length: 150 }, (_, i) => i & 1),
  },
  { name: 'not a number', p: Float64Array.of(0.1, NaN, 0.4), y: Uint8Array.of(0, 1, 1) },
  { name: 'infinite', p: Float64Array.of(0.1, Infinity, 0.4), y: Uint8Array.of(0, 1, 1) },
  { name: 'infinite downwards', p: Float64Array.of(-Infinity, 0.5, 0.4), y: Uint8Array.of(0, 1, 1) },
  { name: 'outside [0, 1]', p: Float64Array.of(0.1, 1.5, -4), y: Uint8Array.of(0, 1, 1) },
  { name: 'no label', p: Float64Array.of(0.1, 0.5, 0.4), y: Uint8Array.of(0, 7, 1) },
]
