/** Sizes that fix the memory of a fit. */
export interface ArenaSize {
  readonly rows: number
  /** Rows before this one are trained on; the rest is the slice that says when to stop. */
  readonly trainRows: number
  readonly columns: number
  readonly maxDepth: number
  readonly weighted: boolean
}

/** What one column costs per histogram: 256 bins, each a sum of gradients and one of second derivatives. */
export const binsPerColumn = 256

/** Doubles per answer of a search: gain, column, bin, missing left, gradient and second derivative of the left side. */
export const answerWidth = 6
/** Doubles per node: gradient and second derivative of its rows, lowest and highest value a leaf below may take. */
export const nodeWidth = 4
/** Whole numbers per node: first and last-but-one place in `order`, place of its histogram. */
export const spanWidth = 3

/**
 * All memory of a fit, shared between threads. Workers write only to places that are theirs for the task at hand, and
 * every sum runs over rows in their order, so the bytes do not depend on who does the work.
 */
export interface Arena {
  readonly size: ArenaSize
  /** Bin of every value, row-major, and the number of value bins per column; the bin of that number is for missing. */
  readonly codes: Uint8Array<SharedArrayBuffer>
  readonly counts: Int32Array<SharedArrayBuffer>
  readonly y: Uint8Array<SharedArrayBuffer>
  /** One per row, or empty. */
  readonly weights: Float64Array<SharedArrayBuffer>
  readonly margin: Float64Array<SharedArrayBuffer>
  /** Gradient and second derivative per row, side by side. */
  readonly slopes: Float64Array<SharedArrayBuffer>
  /** Row numbers, those of a node together and ascending; the second half is room to move them. */
  readonly order: Uint32Array<SharedArrayBuffer>
  readonly histograms: Float64Array<SharedArrayBuffer>
  readonly nodes: Float64Array<SharedArrayBuffer>
  readonly spans: Int32Array<SharedArrayBuffer>
  /** Best split per node and group of columns. */
  readonly answers: Float64Array<SharedArrayBuffer>
  /** Chosen split per node: 256 flags, does this bin go left? */
  readonly chosen: Uint8Array<SharedArrayBuffer>
  readonly chosenColumn: Int32Array<SharedArrayBuffer>
  /** First child per node, the second is the next one; 0 at a leaf. */
  readonly children: Int32Array<SharedArrayBuffer>
  /** Value to add per leaf. */
  readonly leafValues: Float64Array<SharedArrayBuffer>
  /** Nodes the current phase is about, and what it answers per task. */
  readonly agenda: Int32Array<SharedArrayBuffer>
  readonly results: Int32Array<SharedArrayBuffer>
  /** 1 per column that may be asked in this tree. */
  readonly allowed: Uint8Array<SharedArrayBuffer>
  /** 1 per row whose gradients this tree is grown on. */
  readonly sampled: Uint8Array<SharedArrayBuffer>
}

/** Columns searched by one task: 14 columns of histogram are 56 kB, which stay in the nearest caches. */
export const columnsPerGroup = 14

export const groupsOf = (columns: number): number => Math.ceil(columns / columnsPerGroup)
export const nodesOf = (maxDepth: number): number => 2 ** (maxDepth + 1) - 1

export function makeArena(size: ArenaSize): Arena {
  const { rows, columns, maxDepth, weighted } = size
  const nodes = nodesOf(maxDepth)
  const slots = Math.max(1, 2 ** (maxDepth - 1))
  const doubles = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length))
  return {
    size,
    codes: new Uint8Array(new SharedArrayBuffer(rows * columns)),
    counts: new Int32Array(new SharedArrayBuffer(4 * columns)),
    y: new Uint8Array(new SharedArrayBuffer(rows)),
    weights: doubles(weighted ? rows : 0),
    margin: doubles(rows),
    slopes: doubles(2 * rows),
    order: new Uint32Array(new SharedArrayBuffer(8 * rows)),
    histograms: doubles(slots * columns * binsPerColumn * 2),
    nodes: doubles(nodes * nodeWidth),
    spans: new Int32Array(new SharedArrayBuffer(4 * nodes * spanWidth)),
    answers: doubles(nodes * groupsOf(columns) * answerWidth),
    chosen: new Uint8Array(new SharedArrayBuffer(nodes * binsPerColumn)),
    chosenColumn: new Int32Array(new SharedArrayBuffer(4 * nodes)),
    leafValues: doubles(nodes),
    children: new Int32Array(new SharedArrayBuffer(4 * nodes)),
    agenda: new Int32Array(new SharedArrayBuffer(8 * nodes)),
    results: new Int32Array(new SharedArrayBuffer(4 * nodes)),
    allowed: new Uint8Array(new SharedArrayBuffer(columns)),
    sampled: new Uint8Array(new SharedArrayBuffer(rows)),
  }
}
