import { leastTrainingRows } from '../../model/gate.ts'
import { heldOutPerClass, type Split } from './split.ts'
import { type Check, check } from './verdict.ts'

/** Rows of each class in all the data. */
export const leastPerClass = 20

/** Names the exact shortfall: rows of the training part, and rows of each class. */
export function enoughRows(labels: Uint8Array, split: Split): Check {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const negatives = labels.length - positives
  const short: string[] = []
  const lack = (have: number, need: number, what: string) => {
    if (have < need) short.push(`${need - have} more ${what} (${have} of ${need})`)
  }
  lack(split.trainRows, leastTrainingRows, 'training rows')
  lack(positives, leastPerClass, 'rows with label 1')
  lack(negatives, leastPerClass, 'rows with label 0')
  const numbers = { value: split.trainRows, limit: leastTrainingRows, n: labels.length }
  if (short.length > 0) return check('enough_rows', false, `Too few rows: ${short.join(', ')} are needed.`, numbers)
  const sentence = `${split.trainRows} rows train, ${positives} of ${labels.length} rows have label 1.`
  return check('enough_rows', true, sentence, numbers)
}

/** Both classes must be among the newest cases, or nothing can be judged. */
export function holdOut(split: Split): Check {
  const { positives, negatives } = split.heldOut
  const fewest = Math.min(positives, negatives)
  const percent = Math.round(split.share * 100)
  const numbers = { value: fewest, limit: heldOutPerClass, n: positives + negatives }
  const found = `the newest ${percent} % hold ${positives} rows of label 1 and ${negatives} of label 0`
  if (fewest < heldOutPerClass)
    return check('hold_out', false, `Nothing to judge on: ${found}, ${heldOutPerClass} of each are needed.`, numbers)
  return check('hold_out', true, `Judged on later cases: ${found}.`, numbers)
}
