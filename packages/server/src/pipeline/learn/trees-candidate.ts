import { compileTrees, fitPlatt, fitTrees, type TreeModel, type TreeTable } from '@surety/stats'
import { storeTrees, treeColumns, treeModel, treeTable } from '../../model/trees.ts'
import type { Fitted, Tick } from './candidate.ts'
import { halted, joinLabels, joinScores, logisticLoss, type Prepared, stepper } from './prepare.ts'
import { expandingFolds } from './split.ts'

/** Small steps on shallow trees; how many of them is what the folds say. */
const options = { depth: 4, learningRate: 0.1, minChildRows: 10 } as const
const mostTried = 200

const steps = 6

/** Number of trees, trees and calibration. */
export function fitTreesCandidate(prepared: Prepared, tick: Tick): Fitted {
  const { values, labels, trainRows, features, encoders, featureStats } = prepared
  const walk = stepper(steps, tick)
  if (!walk.step()) return halted
  const columns = features.flatMap(name => treeColumns(name, encoders[name]!))
  const asked = columns.map(name => ({ name, kind: 'numeric' }) as const)
  const table = treeTable(prepared, values)
  const fit = (until: number, trees: number) =>
    fitTrees(asked, part(table, 0, until), labels.subarray(0, until), { ...options, trees, tick: walk.proceed })

  const losses = new Float64Array(mostTried)
  const folds: { readonly model: TreeModel; readonly judged: TreeTable; readonly labels: Uint8Array }[] = []
  for (const { train, until } of expandingFolds(trainRows)) {
    const found = fit(train, mostTried)
    walk.step()
    if (walk.stopped) return halted
    // Without both classes in its training part a fold says nothing.
    if (!found.ok) continue
    const fold = { model: found.model, judged: part(table, train, until), labels: labels.subarray(train, until) }
    folds.push(fold)
    addLosses(fold.model, fold.judged, fold.labels, losses)
  }
  const trees = folds.length === 0 ? 1 : losses.indexOf(Math.min(...losses)) + 1
  const final = fit(trainRows, trees)
  if (walk.stopped) return halted
  if (!final.ok) return { ok: false, stopped: false, sentence: `The fit did not succeed: ${final.detail}.` }
  walk.step()
  const scores = folds.map(({ model, judged }) => compileTrees(firstTrees(model, trees)).scoreTable(judged))
  const calibration = fitPlatt(joinScores(scores), joinLabels(folds.map(fold => fold.labels)))
  if (!calibration.ok)
    return { ok: false, stopped: false, sentence: `The probabilities could not be calibrated: ${calibration.detail}.` }
  const { a, b } = calibration
  const stored = storeTrees(columns, final.model)
  return {
    ok: true,
    candidate: {
      features,
      encoders,
      featureStats,
      fit: stored,
      calibration: { a, b },
      outOfFoldRows: calibration.n,
      heldOut: compileTrees(treeModel(stored)).scoreTable(part(table, trainRows, table.rows)),
      chosen: { trees },
      words: `${trees} trees`,
    },
  }
}

/** Rows from `from` to `until`, on the same memory. */
const part = ({ columns, values }: TreeTable, from: number, until: number): TreeTable => ({
  rows: until - from,
  columns,
  values: values.subarray(from * columns, until * columns),
})

const firstTrees = (model: TreeModel, count: number): TreeModel => ({ ...model, trees: model.trees.slice(0, count) })

/** Adds, for each number of trees, the loss on these rows of a model that ends there. */
function addLosses(model: TreeModel, judged: TreeTable, labels: Uint8Array, losses: Float64Array): void {
  const z = new Float64Array(judged.rows).fill(model.base)
  for (const [t, tree] of model.trees.entries()) {
    const step = compileTrees({ ...model, base: 0, trees: [tree] }).scoreTable(judged)
    for (let row = 0; row < z.length; row++) z[row]! += step[row]!
    losses[t]! += logisticLoss(z, labels)
  }
}
