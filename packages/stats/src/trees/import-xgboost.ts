import { logit } from '../model/sigmoid.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { compileTrees } from './compile-trees.ts'
import { lastBelow } from './last-below.ts'
import type { Tree, TreeFeature, TreeModel } from './tree-model.ts'

/**
 * Reads a binary XGBoost model saved as JSON (`booster.save_model('model.json')`) into a tree model of ours.
 *
 * XGBoost compares in single precision, value < threshold; the thresholds are moved so that comparing doubles sends every
 * value the same way. Leaf values are added in double precision: margins agree to about 1e-6.
 * @param json the parsed file
 * @returns    the model, or `out_of_range` with a sentence that says what is not supported or not whole: other boosters
 *             than gbtree, other objectives than binary:logistic and reg:logistic, several classes, categorical splits
 * @see XGBoost documentation, "Introduction to Model IO"; fixture by xgboost 1.7.4
 */
export function importXgboost(json: unknown): { readonly ok: true; readonly model: TreeModel } | Refusal {
  try {
    const model = readModel(json)
    compileTrees(model)
    return { ok: true, model }
  } catch (error) {
    if (error instanceof RangeError) return refuse('out_of_range', 0, 1, `not a usable XGBoost model: ${error.message}`)
    throw error
  }
}

function readModel(json: unknown): TreeModel {
  const learner = at(json, 'learner')
  const objective = text(at(at(learner, 'objective'), 'name'))
  if (objective !== 'binary:logistic' && objective !== 'reg:logistic')
    throw new RangeError(`objective ${objective}, only binary:logistic and reg:logistic are read`)
  const booster = at(learner, 'gradient_booster')
  const name = text(at(booster, 'name'))
  if (name !== 'gbtree') throw new RangeError(`booster ${name}, only gbtree is read`)
  const parameters = at(learner, 'learner_model_param')
  if (Number(text(at(parameters, 'num_class'))) > 1) throw new RangeError('more than two classes')
  // Version 3 writes one base score per target, in brackets.
  const score = Number(text(at(parameters, 'base_score')).replace(/^\[(.*)\]$/, '$1'))
  if (!(score > 0 && score < 1)) throw new RangeError(`base score ${score} is not a probability`)
  const count = Number(text(at(parameters, 'num_feature')))
  if (!Number.isInteger(count) || count < 0) throw new RangeError('no number of features')
  const names = optional(learner, 'feature_names')
  const features: TreeFeature[] = Array.from({ length: count }, (_, k) => ({
    name: Array.isArray(names) && typeof names[k] === 'string' ? names[k] : `f${k}`,
    kind: 'numeric',
  }))
  const trees = at(at(booster, 'model'), 'trees')
  if (!Array.isArray(trees)) throw new RangeError('no list of trees')
  return { kind: 'boosted-trees', version: 1, features, base: logit(score), trees: trees.map(readTree) }
}

/** Renumbers from the root on so that children stand side by side; nodes that were pruned away are left behind. */
function readTree(json: unknown): Tree {
  const lefts = numbers(json, 'left_children')
  const rights = numbers(json, 'right_children')
  const conditions = numbers(json, 'split_conditions')
  const columns = numbers(json, 'split_indices')
  const defaults = numbers(json, 'default_left')
  const covers = numbers(json, 'sum_hessian')
  const categorical = optional(json, 'split_type')
  const order = [0]
  const tree = {
    left: [] as number[],
    feature: [] as number[],
    threshold: [] as number[],
    missingLeft: [] as number[],
    value: [] as number[],
    cover: [] as number[],
    sets: [],
  }
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!
    if (order.length > lefts.length || !(node >= 0 && node < lefts.length))
      throw new RangeError('children out of place')
    const leaf = lefts[node] === -1
    if (!leaf && Array.isArray(categorical) && categorical[node] === 1)
      throw new RangeError('categorical splits are not read: encode levels as 0/1 columns before training')
    tree.left.push(leaf ? 0 : order.length)
    tree.feature.push(leaf ? 0 : columns[node]!)
    tree.threshold.push(leaf ? 0 : lastBelow(conditions[node]!))
    tree.missingLeft.push(leaf ? 0 : defaults[node]!)
    tree.value.push(leaf ? Math.fround(conditions[node]!) + 0 : 0)
    tree.cover.push(covers[node]!)
    if (!leaf) order.push(lefts[node]!, rights[node]!)
  }
  return tree
}

function optional(json: unknown, key: string): unknown {
  return typeof json === 'object' && json !== null
    ? Object.entries(json).find(([name]) => name === key)?.[1]
    : undefined
}

function at(json: unknown, key: string): unknown {
  const found = optional(json, key)
  if (found === undefined) throw new RangeError(`"${key}" is missing`)
  return found
}

function text(json: unknown): string {
  if (typeof json !== 'string') throw new RangeError('text expected')
  return json
}

function numbers(json: unknown, key: string): number[] {
  const list = at(json, key)
  if (!Array.isArray(list)) throw new RangeError(`"${key}" is no list`)
  return list.map(Number)
}
