import { artefactSchema, firstSchema, type StoredEncoder, type UnsignedModel } from './artefact.ts'
import { storedColumns } from './columns.ts'
import { treeColumns } from './trees.ts'

type Unknowns = { readonly [key: string]: unknown }

export const isRecord = (value: unknown): value is Unknowns =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const own = (record: Unknowns, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined)

/** Is this the outline of a model file at all? Numbers and features are looked at by later checks. */
export function hasOutline(candidate: unknown): candidate is Unknowns {
  return hasUnsignedOutline(candidate) && isText(own(candidate, 'digest')) && isRecord(own(candidate, 'signature'))
}

/**
 * The same without digest and signature, for a model that is to be signed. Only the outline is known to be there: what
 * is signed must pass the gate before it is written.
 */
export function hasUnsignedOutline(candidate: unknown): candidate is UnsignedModel {
  if (!isRecord(candidate)) return false
  const { version, metrics, training } = candidate
  return (
    hasFormat(candidate) &&
    Number.isSafeInteger(version) &&
    (version as number) > 0 &&
    (version as number) < 8.64e12 &&
    isRecord(metrics) &&
    hasTraining(training)
  )
}

/** The second format says what it is for; the first one is a logistic model of `main`. */
function hasFormat({ schema, pod, question, fit }: Unknowns): boolean {
  if (schema === firstSchema) return true
  if (schema !== artefactSchema || !isText(pod) || !isText(question) || !isRecord(fit)) return false
  return fit['kind'] === 'logistic' || fit['kind'] === 'trees'
}

function hasTraining(training: unknown): boolean {
  if (!isRecord(training)) return false
  const { from, to, label_sources: sources, seed } = training
  const isMoment = (value: unknown) => value === null || (isText(value) && Number.isFinite(Date.parse(value)))
  return (
    isMoment(from) &&
    isMoment(to) &&
    isRecord(sources) &&
    Object.values(sources).every(isFiniteNumber) &&
    isFiniteNumber(seed)
  )
}

/** Why features, encoders, columns and numbers do not hang together; null when they do. Of trees only the columns are looked at. */
export function featureFault(model: Unknowns): string | null {
  const { features, encoders, calibration, feature_stats: stats } = model
  if (!isTexts(features) || new Set(features).size < features.length) return 'features must be different names'
  if (!isRecord(encoders)) return 'encoders are missing'
  if (Object.keys(encoders).length !== features.length) return 'there must be one encoder per feature'
  const fit = fitPart(model)
  const columnsOf = fit['kind'] === 'trees' ? treeColumns : storedColumns
  const expected: string[] = []
  for (const name of features) {
    const encoder = readStored(own(encoders, name))
    if (encoder === null) return `the encoder of ${name} is not valid`
    for (const column of columnsOf(name, encoder)) expected.push(column)
  }
  const { columns } = fit
  if (!isTexts(columns) || columns.length !== expected.length || columns.some((column, k) => column !== expected[k]))
    return 'columns do not follow from the encoders'
  const fault = fit['kind'] === 'trees' ? null : logisticFault(fit, columns.length)
  if (fault !== null) return fault
  if (!isRecord(calibration) || !isFiniteNumber(calibration['a']) || !isFiniteNumber(calibration['b']))
    return 'calibration is not valid'
  if (!isRecord(stats) || !Object.values(stats).every(isStats)) return 'feature_stats are not valid'
  return null
}

/** Where columns and numbers stand: in a part of their own, in the first format among everything else. */
export const fitPart = (model: Unknowns): Unknowns =>
  model['schema'] === artefactSchema ? (model['fit'] as Unknowns) : model

function logisticFault(fit: Unknowns, columns: number): string | null {
  const { coefficients, intercept } = fit
  if (!Array.isArray(coefficients) || coefficients.length !== columns) return 'there must be one coefficient per column'
  if (!coefficients.every(isFiniteNumber) || !isFiniteNumber(intercept)) return 'a coefficient is not a finite number'
  const means = own(fit, 'column_means')
  return means !== undefined && !isMeans(means, columns) ? 'there must be one mean per column' : null
}

const isMeans = (value: unknown, count: number): boolean =>
  Array.isArray(value) && value.length === count && value.every(isFiniteNumber)

const isSpread = (value: unknown): value is number => isFiniteNumber(value) && value >= 0

function isStats(value: unknown): boolean {
  return (
    isRecord(value) &&
    isFiniteNumber(value['mean']) &&
    isSpread(value['std']) &&
    isFiniteNumber(value['min']) &&
    isFiniteNumber(value['max'])
  )
}

/** An encoder of the file, or null when it is not one. */
function readStored(value: unknown): StoredEncoder | null {
  if (!isRecord(value)) return null
  const { kind, mean, std, missing = false, levels, other = true, period } = value
  if (kind === 'onehot') {
    const valid = isTexts(levels) && (isFlag(other) || other === 'zero') && new Set(levels).size === levels.length
    return valid && !levels.includes('other') ? { kind, levels, other } : null
  }
  if (!isFlag(missing)) return null
  if (kind === 'cyclic') {
    const { sin_mean: sinMean = 0, cos_mean: cosMean = 0 } = value
    const valid = isSpread(period) && period > 0 && isFiniteNumber(sinMean) && isFiniteNumber(cosMean)
    return valid ? { kind, period, sin_mean: sinMean, cos_mean: cosMean, missing } : null
  }
  if (!isFiniteNumber(mean)) return null
  if (kind === 'boolean') return { kind, mean, missing }
  return kind === 'standard' && isSpread(std) ? { kind, mean, std, missing } : null
}
