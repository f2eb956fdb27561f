import { type Encoder, encoderColumns, onCircle, standardise } from './encoder.ts'
import { type FeatureValue, readBoolean, readLevel, readNumber } from './feature.ts'

/** Log-odds of a case, and the categorical features whose level was not known and went through `other`. */
export interface LinearScore {
  readonly z: number
  readonly unseen: readonly string[]
}

/** A fitted linear model ready to score raw rows. */
export interface CompiledLinear {
  /** One row of raw values in the order of the encoders. */
  score(values: readonly FeatureValue[]): LinearScore
  /** Log-odds of many rows; each bit for bit what `score` gives. */
  scoreBatch(rows: readonly (readonly FeatureValue[])[]): Float64Array
}

/** Adds its part to the running sum; a part of a categorical feature names itself when the level is unknown. */
interface Part {
  readonly name: string
  add(sum: number, value: FeatureValue | undefined): number
  /** True when this value goes through `other`. */
  unseen(value: FeatureValue | undefined): boolean
}

const noneUnseen: readonly string[] = Object.freeze([])

/**
 * Compiles encoders and coefficients once, so that scoring a case looks levels up in hash maps and allocates nothing
 * but its answer. The sum runs in column order from the intercept on.
 * @param coefficients one per model column, in the order of `fitEncoders(...).columns`
 * @throws RangeError wrong number of coefficients, or one that is not finite: such a model must never serve
 */
export function compileLinear(
  encoders: readonly Encoder[],
  coefficients: ArrayLike<number>,
  intercept: number,
): CompiledLinear {
  const columns = encoders.reduce((sum, encoder) => sum + encoderColumns(encoder).length, 0)
  if (coefficients.length !== columns)
    throw new RangeError(`${coefficients.length} coefficients for ${columns} columns`)
  const weights = Array.from(coefficients)
  if (![intercept, ...weights].every(Number.isFinite)) throw new RangeError('coefficients and intercept must be finite')
  let column = 0
  const parts = encoders.map(encoder => {
    const width = encoderColumns(encoder).length
    const part = compilePart(encoder, weights.slice(column, column + width))
    column += width
    return part
  })
  const sumOf = (values: readonly FeatureValue[]): number => {
    let sum = intercept
    for (let f = 0; f < parts.length; f++) sum = parts[f]!.add(sum, values[f])
    return sum
  }
  return {
    score: values => {
      let unseen: string[] | null = null
      for (let f = 0; f < parts.length; f++) {
        if (parts[f]!.unseen(values[f])) {
          unseen ??= []
          unseen.push(parts[f]!.name)
        }
      }
      return { z: sumOf(values), unseen: unseen ?? noneUnseen }
    },
    scoreBatch: rows => {
      const z = new Float64Array(rows.length)
      for (let i = 0; i < rows.length; i++) z[i] = sumOf(rows[i]!)
      return z
    },
  }
}

const neverUnseen = () => false

function compilePart(encoder: Encoder, weights: readonly number[]): Part {
  const { name } = encoder
  switch (encoder.kind) {
    case 'onehot': {
      const byLevel = new Map(encoder.levels.map((level, k) => [level, weights[k]!]))
      const other = weights.at(-1)!
      return {
        name,
        add: (sum, value) => sum + (byLevel.get(readLevel(value)) ?? other),
        unseen: value => !byLevel.has(readLevel(value)),
      }
    }
    case 'standard': {
      const slope = encoder.std === 0 ? 0 : weights[0]!
      const ifMissing = encoder.missing ? weights.at(-1)! : 0
      const std = encoder.std === 0 ? 1 : encoder.std
      const add = (sum: number, raw: FeatureValue | undefined) => {
        const value = readNumber(raw)
        return sum + (value === null ? ifMissing : slope * standardise(value, encoder.mean, std))
      }
      return { name, add, unseen: neverUnseen }
    }
    case 'cyclic': {
      const [sinSlope, cosSlope] = [weights[0]!, weights[1]!]
      const average = sinSlope * (encoder.sinMean ?? 0) + cosSlope * (encoder.cosMean ?? 0)
      const ifMissing = average + (encoder.missing ? weights[2]! : 0)
      const add = (sum: number, raw: FeatureValue | undefined) => {
        const value = readNumber(raw)
        if (value === null) return sum + ifMissing
        const point = onCircle(value, encoder.period)
        return sum + sinSlope * point.sin + cosSlope * point.cos
      }
      return { name, add, unseen: neverUnseen }
    }
    case 'boolean': {
      const ifMissing = weights[0]! * encoder.mean + (encoder.missing ? weights[1]! : 0)
      const add = (sum: number, raw: FeatureValue | undefined) => {
        const value = readBoolean(raw)
        return sum + (value === null ? ifMissing : weights[0]! * value)
      }
      return { name, add, unseen: neverUnseen }
    }
  }
}
