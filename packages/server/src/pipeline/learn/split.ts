/** Where the newest rows begin on which a candidate is judged. */
export interface Split {
  /** Rows 0 .. trainRows - 1 train, the rest is held out. */
  readonly trainRows: number
  readonly share: number
  readonly heldOut: { readonly positives: number; readonly negatives: number }
}

const firstPercent = 20
const stepPercent = 5
const lastPercent = 50
/** Held-out rows of each class that the AUC test needs. */
export const heldOutPerClass = 10

/**
 * Time order: the newest 20 % are held out, widened by 5 % up to 50 % until 10 rows of each class are among them.
 * @param labels in time order
 */
export function splitByTime(labels: Uint8Array): Split {
  const n = labels.length
  let split: Split = { trainRows: n, share: 0, heldOut: { positives: 0, negatives: 0 } }
  for (let percent = firstPercent; percent <= lastPercent; percent += stepPercent) {
    const held = Math.floor((n * percent) / 100)
    let positives = 0
    for (let i = n - held; i < n; i++) positives += labels[i]!
    split = { trainRows: n - held, share: percent / 100, heldOut: { positives, negatives: held - positives } }
    if (Math.min(positives, held - positives) >= heldOutPerClass) break
  }
  return split
}

/** Expanding folds in time order: four blocks, each block after the first is judged by a fit on all before it. */
export function expandingFolds(rows: number): readonly { readonly train: number; readonly until: number }[] {
  const edge = (k: number) => Math.floor((rows * k) / 4)
  return [1, 2, 3].map(k => ({ train: edge(k), until: edge(k + 1) }))
}
