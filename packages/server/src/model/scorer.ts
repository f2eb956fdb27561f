import type { FeatureSpec, FeatureValue, Note, Reason } from '@surety/contract'
import { compileLinear, compileTrees, sigmoid } from '@surety/stats'
import {
  fitOf,
  hasOther,
  type LogisticFit,
  readEncoder,
  type StoredEncoder,
  type TreesFit,
  type UnsignedModel,
} from './artefact.ts'
import { fullCoefficients, storedColumns } from './columns.ts'
import { compileTreeRow, featureOfColumns, isAsked, treeModel } from './trees.ts'

export interface Scoring {
  /** 0..1, unrounded; null when the model cannot score these values. */
  readonly probability: number | null
  readonly notes: readonly Note[]
  /** Why there is no probability; null when there is one. */
  readonly cannot: Reason | null
}

/** A model that serves. Immutable; the same values give the same bits, alone or in a batch. */
export interface Scorer {
  readonly version: number
  readonly digest: string
  /** `schema.specs` names the values, in order. A feature of the model that is not among them counts as missing. */
  score(schema: Schema, values: readonly FeatureValue[]): Scoring
}

interface Schema {
  readonly hash: string
  readonly specs: readonly Pick<FeatureSpec, 'name'>[]
}

/** How one feature of the model reacts to values it cannot read. */
interface Reader {
  readonly name: string
  isMissing(value: FeatureValue): boolean
  /** A level that training never kept. */
  isUnseen(value: FeatureValue): boolean
  readonly missingTrained: boolean
  readonly unseenScored: boolean
}

const noNotes: readonly Note[] = Object.freeze([])

/** A model of the gate, or one in training that has no digest yet. */
type Scoreable = UnsignedModel & { readonly digest?: string }

/** Compiles a checked model once. Each tenant's vector is mapped to the model's order once per schema hash. */
export function compileModel(model: Scoreable): Scorer {
  const fit = fitOf(model)
  const oddsOf = fit.kind === 'trees' ? compileOddsOfTrees(model, fit) : compileOdds(model, fit)
  const readers = compileReaders(model, fit.kind === 'trees' ? idleOfTrees(model, fit) : idleOf(model, fit))
  const { a, b } = model.calibration
  const orders = new Map<string, Int32Array>()
  // One row in the model's order, used again for every event: scoring is synchronous.
  const row: FeatureValue[] = model.features.map(() => null)

  const orderOf = (schema: Schema): Int32Array => {
    let order = orders.get(schema.hash)
    if (order === undefined) {
      const places = new Map(schema.specs.map((spec, place) => [spec.name, place]))
      order = Int32Array.from(model.features, name => places.get(name) ?? -1)
      orders.set(schema.hash, order)
    }
    return order
  }

  return {
    version: model.version,
    digest: model.digest ?? '',
    score(schema, values) {
      const order = orderOf(schema)
      let missing: string[] | null = null
      let unseen: string[] | null = null
      let cannot: Reason | null = null
      for (let f = 0; f < row.length; f++) {
        const place = order[f]!
        const value = place < 0 ? null : (values[place] ?? null)
        row[f] = value
        const reader = readers[f]!
        if (reader.isMissing(value)) {
          missing ??= []
          missing.push(reader.name)
          if (!reader.missingTrained) cannot ??= 'missing_feature'
        } else if (reader.isUnseen(value)) {
          unseen ??= []
          unseen.push(reader.name)
          if (!reader.unseenScored) cannot ??= 'unseen_category'
        }
      }
      const notes = missing === null && unseen === null ? noNotes : notesOf(missing, unseen)
      if (cannot !== null) return { probability: null, notes, cannot }
      // A sum of finite parts may still overflow to an infinity; sigmoid answers 0 or 1 there, and NaN cannot arise
      // unless two infinities meet, which is a model that must not decide.
      const probability = sigmoid(a * oddsOf(row) + b)
      if (Number.isNaN(probability)) return { probability: null, notes, cannot: 'error' }
      return { probability, notes, cannot: null }
    },
  }
}

function notesOf(missing: string[] | null, unseen: string[] | null): readonly Note[] {
  const notes: Note[] = []
  if (missing !== null) notes.push({ code: 'missing_feature', features: missing })
  if (unseen !== null) notes.push({ code: 'unseen_category', features: unseen })
  return notes
}

/** Log-odds, before the calibration, of values in the order of the model. */
type Odds = (row: readonly FeatureValue[]) => number

function compileOdds(model: Scoreable, { coefficients, intercept }: LogisticFit): Odds {
  const encoders = model.features.map(name => readEncoder(name, model.encoders[name]!))
  const linear = compileLinear(encoders, fullCoefficients(model, coefficients), intercept)
  return row => linear.score(row).z
}

function compileOddsOfTrees(model: Scoreable, fit: TreesFit): Odds {
  const trees = compileTrees(treeModel(fit))
  const fill = compileTreeRow(model)
  const numbers = new Float64Array(fit.columns.length)
  return row => {
    fill(row, numbers, 0)
    return trees.scoreNumbers(numbers)
  }
}

/** Per feature: it cannot move the score, so nothing is lost when its value is not there. */
function idleOf(model: Scoreable, { coefficients }: LogisticFit): readonly boolean[] {
  let column = 0
  return model.features.map(name => {
    const width = storedColumns(name, model.encoders[name]!).length
    column += width
    return coefficients.slice(column - width, column).every(weight => weight === 0)
  })
}

function idleOfTrees(model: Scoreable, fit: TreesFit): readonly boolean[] {
  const features = featureOfColumns(model)
  const asked = new Set([...features.keys()].filter(column => isAsked(fit, column)).map(column => features[column]!))
  return model.features.map((_, f) => !asked.has(f))
}

const compileReaders = (model: Scoreable, idle: readonly boolean[]): readonly Reader[] =>
  model.features.map((name, f) => readerOf(name, model.encoders[name]!, idle[f]!))

const neverUnseen = (): boolean => false

function readerOf(name: string, encoder: StoredEncoder, idle: boolean): Reader {
  if (encoder.kind === 'onehot') {
    const levels = new Set(encoder.levels)
    return {
      name,
      isMissing: value => value === null,
      isUnseen: value => !levels.has(String(value)),
      // A level comes and goes; a value that was always there and is not any more is a fault upstream.
      missingTrained: levels.has('missing') || hasOther(encoder),
      unseenScored: encoder.other !== false,
    }
  }
  const missingTrained = encoder.missing === true || idle
  const isMissing =
    encoder.kind === 'boolean'
      ? (value: FeatureValue) => value !== true && value !== false && value !== 0 && value !== 1
      : (value: FeatureValue) => typeof value !== 'number' || !Number.isFinite(value)
  return { name, isMissing, isUnseen: neverUnseen, missingTrained, unseenScored: true }
}
