import { artefactSchema, type FirstModel, type SecondModel, type StoredTree } from '../artefact.ts'
import { exampleModel } from '../example-model.ts'
import { treeColumns } from '../trees.ts'

/** The same in the second format. */
export function inSecondFormat(model: FirstModel, question = 'main'): SecondModel {
  const { schema: _, columns, coefficients, column_means: means, intercept, pod = 'customer-ops', ...facts } = model
  const given = means === undefined ? {} : { column_means: means }
  return {
    ...facts,
    schema: artefactSchema,
    pod,
    question,
    fit: { kind: 'logistic', columns, coefficients, ...given, intercept },
  }
}

/** A tree of one question, of a column by its name: `below` where its value is at most the threshold. */
export const stump = (
  columns: readonly string[],
  column: string,
  threshold: number,
  [below, above]: readonly [number, number],
  missingLeft: 0 | 1 = 0,
): StoredTree => ({
  left: [1, 0, 0],
  column: [columns.indexOf(column), 0, 0],
  threshold: [threshold, 0, 0],
  missing_left: [missingLeft, 0, 0],
  value: [0, below, above],
  cover: [4, 2, 2],
})

/** Hand-made trees of leads; without any named, two stumps: of the score and of the intent. */
export function exampleTrees(
  change: Omit<Parameters<typeof exampleModel>[0] & object, 'weights' | 'intercept'> & {
    readonly base?: number
    readonly trees?: (columns: readonly string[]) => readonly StoredTree[]
  } = {},
): SecondModel {
  const model = inSecondFormat(exampleModel(change))
  const columns = model.features.flatMap(name => treeColumns(name, model.encoders[name]!))
  const trees = change.trees?.(columns) ?? [
    stump(columns, 'score', 0.5, [-1, 1]),
    stump(columns, 'intent=quote', 0.5, [-0.5, 0.75]),
  ]
  return { ...model, fit: { kind: 'trees', columns, base: change.base ?? 0, trees } }
}
