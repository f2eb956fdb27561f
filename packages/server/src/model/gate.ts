import type { FeatureSpec, JsonObject } from '@surety/contract'
import { featureKindOf, type ModelArtefact, questionOf, type Signature } from './artefact.ts'
import { modelDigest } from './digest.ts'
import { featureFault, fitPart, hasOutline, isFiniteNumber, isRecord } from './read-artefact.ts'
import { type TrustedKeys, verifySignature } from './signature.ts'
import { treesFault } from './trees-fault.ts'

/** Every refusal: the machine code (header x-reject-code) and the exact sentence of the body. */
export const gateSentences = {
  file_not_found: 'Model file not found',
  file_unreadable: 'Model file unreadable',
  question_mismatch: 'Model made for another question',
  features_mismatch: 'Model features do not match',
  trees_malformed: 'Model trees are malformed',
  digest_mismatch: 'Model digest mismatch',
  signature_invalid: 'Model signature invalid',
  too_few_rows: 'Model trained on too few rows',
  auc_invalid: 'Model AUC missing or invalid',
  auc_below_threshold: 'Model AUC below threshold',
  auc_lower_below_threshold: 'Model AUC lower bound below threshold',
} as const
export type GateCode = keyof typeof gateSentences

/** Checks that come after that of the signature, and are a matter of policy: the file is whole, and what was signed. */
export const policyCodes: ReadonlySet<GateCode> = new Set([
  'too_few_rows',
  'auc_invalid',
  'auc_below_threshold',
  'auc_lower_below_threshold',
])

export type GateAnswer =
  | { readonly ok: true; readonly model: ModelArtefact }
  | {
      readonly ok: false
      readonly code: GateCode
      readonly error: (typeof gateSentences)[GateCode]
      readonly auc: number | null
      readonly minAuc: number
      /** More than the sentence says, for the audit log and the command line. */
      readonly detail: string | null
    }

export interface GateRules {
  readonly minAuc: number
  readonly trusted: TrustedKeys
  /** What every model of this pod begins with, in order. Further features must be declared attributes. */
  readonly baseFeatures: readonly FeatureSpec[]
  /** Where the model is to serve; a file that names another pod, question or tenant does not match. */
  readonly pod?: string
  readonly question?: string
  readonly tenant?: string
}

/** Training rows below which no model is believed. */
export const leastTrainingRows = 100
/** How far under the floor the lower bound of the AUC may lie. */
export const lowerBoundSlack = 0.1
export const mostAttributes = 50

/** What a file that is not there is called: the gate answers "Model file not found". */
export const noFile = Symbol('no model file')
/** A file that could not be read or is not JSON. */
export const brokenFile = Symbol('broken model file')

/**
 * The checks in the order of their sentences, the first failing one wins. Takes any JSON (or `noFile`, `brokenFile`) and never throws: whatever is
 * handed in, the model that serves goes on serving.
 */
export function gate(candidate: unknown, rules: GateRules): GateAnswer {
  const auc = validAuc(candidate)
  const refuse = (code: GateCode, detail: string | null = null): GateAnswer => {
    return { ok: false, code, error: gateSentences[code], auc, minAuc: rules.minAuc, detail }
  }
  if (candidate === noFile) return refuse('file_not_found')
  if (!hasOutline(candidate)) return refuse('file_unreadable', 'this is not a model file of this version')
  const model = candidate as ModelArtefact
  if (rules.question !== undefined && questionOf(model) !== rules.question)
    return refuse('question_mismatch', `made for question ${questionOf(model)}, not ${rules.question}`)
  const fault = featureFault(candidate) ?? foreignFault(model, rules)
  if (fault !== null) return refuse('features_mismatch', fault)
  const fit = fitPart(candidate)
  const malformed = fit['kind'] === 'trees' ? treesFault(fit) : null
  if (malformed !== null) return refuse('trees_malformed', malformed)
  if (digestOf(candidate) !== model.digest) return refuse('digest_mismatch')
  if (!isSignature(model.signature) || !verifySignature(model.digest, model.signature, rules.trusted))
    return refuse('signature_invalid', 'no trusted key made this signature')
  const { n_train: rows, auc_ci: interval } = model.metrics
  if (!Number.isSafeInteger(rows) || rows < leastTrainingRows)
    return refuse('too_few_rows', `${leastTrainingRows} rows are needed`)
  if (auc === null || !isInterval(interval)) return refuse('auc_invalid')
  if (auc < rules.minAuc) return refuse('auc_below_threshold')
  if (!(interval[0] >= lowestBound(rules.minAuc)))
    return refuse('auc_lower_below_threshold', `the lower bound is ${interval[0]}`)
  return { ok: true, model }
}

/** Least lower bound of the AUC for this floor: rounded, because .65 - .10 is .55 to a reader and not .55000000000000004. */
export const lowestBound = (minAuc: number): number => Math.round((minAuc - lowerBoundSlack) * 1e12) / 1e12

function validAuc(candidate: unknown): number | null {
  if (!isRecord(candidate) || !isRecord(candidate['metrics'])) return null
  const { auc } = candidate['metrics']
  return isShare(auc) ? auc : null
}

const isShare = (value: unknown): value is number => isFiniteNumber(value) && value >= 0 && value <= 1

function isInterval(value: unknown): value is readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [lower, upper] = value as readonly unknown[]
  return isShare(lower) && isShare(upper) && lower <= upper
}

function isSignature(value: unknown): value is Signature {
  if (!isRecord(value)) return false
  return value['alg'] === 'Ed25519' && typeof value['key_id'] === 'string' && typeof value['value'] === 'string'
}

function foreignFault(model: ModelArtefact, rules: GateRules): string | null {
  for (const [k, spec] of rules.baseFeatures.entries()) {
    const name = model.features[k]
    if (name !== spec.name) return `feature ${k + 1} must be ${spec.name}, found ${name ?? 'none'}`
    const { kind } = model.encoders[name]!
    if (featureKindOf[kind] !== spec.kind) return `${name} must be ${spec.kind}, its encoder is ${kind}`
  }
  const more = model.features.slice(rules.baseFeatures.length)
  // A pod without features of its own takes every column that its tenant named.
  if (rules.baseFeatures.length > 0) {
    const foreign = more.find(name => !name.startsWith('attr.'))
    if (foreign !== undefined) return `${foreign} is no feature of this pod`
    if (more.length > mostAttributes) return `more than ${mostAttributes} attributes`
  } else if (more.length === 0) return 'a model needs a feature'
  if (model.pod !== undefined && rules.pod !== undefined && model.pod !== rules.pod)
    return `made for pod ${model.pod}, not ${rules.pod}`
  if (model.tenant !== undefined && rules.tenant !== undefined && model.tenant !== rules.tenant)
    return 'made for another tenant'
  return null
}

/** null when there is no digest: a number that JSON cannot hold, or nesting too deep to walk. */
function digestOf(candidate: unknown): string | null {
  try {
    return modelDigest(candidate as JsonObject)
  } catch {
    return null
  }
}
