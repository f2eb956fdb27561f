import type { Action, FeatureSpec, Sides } from '@surety/contract'
import { certifyMissBudget, certifyThreshold, spentDelta } from '@surety/stats'
import type { ModelArtefact } from '../../model/artefact.ts'
import { compileModel } from '../../model/scorer.ts'
import type { TrainingRow } from './training-row.ts'
import { type Check, check } from './verdict.ts'

/** What an operator allows, as the certificates of this model will be held to it. */
export interface CertifyBudgets {
  /** At or above it acting is considered, below it clearing. */
  readonly floor: number
  readonly sides: Sides<Pick<Action, 'alpha' | 'delta' | 'missBudget'>>
}

/**
 * Share of the cases that a first certificate on these very cases would settle without a person: acts at or above the
 * floor, clears below it within both of their budgets. 0 where nothing can be certified.
 * @param p probabilities in [0, 1] of cases the model was not fitted on
 * @param y 0 or 1, same order
 */
export function certifiedShare(p: Float64Array, y: Uint8Array, budgets: CertifyBudgets): number {
  if (p.length === 0) return 0
  return (certifiedActs(p, y, budgets) + certifiedClears(p, y, budgets)) / p.length
}

function certifiedActs(p: Float64Array, y: Uint8Array, { floor, sides: { act } }: CertifyBudgets): number {
  if (act === undefined) return 0
  const above = (_: unknown, i: number): boolean => p[i]! >= floor
  const budget = { epsilon: act.alpha, delta: spentDelta(act.delta, 1) }
  const found = certifyThreshold(p.filter(above), y.filter(above), { ...budget, side: 'yes' })
  return found.ok ? found.accepted : 0
}

function certifiedClears(p: Float64Array, y: Uint8Array, { floor, sides: { clear } }: CertifyBudgets): number {
  if (clear === undefined) return 0
  const below = (_: unknown, i: number): boolean => p[i]! < floor
  const delta = spentDelta(clear.delta, 1)
  // Two promises share the chance to be mistaken.
  const each = clear.missBudget === null ? delta : delta / 2
  const found = certifyThreshold(p.filter(below), y.filter(below), { epsilon: clear.alpha, delta: each, side: 'no' })
  if (!found.ok) return 0
  if (clear.missBudget === null) return found.accepted
  const missed = certifyMissBudget(p, y, clear.missBudget, each)
  if (!missed.ok) return 0
  return p.reduce((sum, value) => sum + (value <= found.threshold && value < missed.below ? 1 : 0), 0)
}

/** Paired on the cases that both can score: a challenger must not take work back to people by itself. */
export function certifiedShareCheck(
  challenger: Parameters<typeof compileModel>[0],
  champion: ModelArtefact | null,
  specs: readonly FeatureSpec[],
  rows: readonly TrainingRow[],
  budgets: CertifyBudgets | undefined,
): Check {
  if (champion === null) return check('certified_share', true, 'There is no champion whose certificates could be lost.')
  if (budgets === undefined)
    return check('certified_share', null, 'No error budgets are known, so no certificate can be compared.')
  const schema = { hash: 'certified share', specs }
  const [own, old] = [compileModel(challenger), compileModel(champion)]
  const scored = rows.flatMap(row => {
    const [ours, theirs] = [own.score(schema, row.values).probability, old.score(schema, row.values).probability]
    return ours === null || theirs === null ? [] : [{ ours, theirs, label: row.label }]
  })
  const y = Uint8Array.from(scored, row => row.label)
  const share = certifiedShare(
    Float64Array.from(scored, row => row.ours),
    y,
    budgets,
  )
  const before = certifiedShare(
    Float64Array.from(scored, row => row.theirs),
    y,
    budgets,
  )
  const numbers = { value: share, limit: before, n: scored.length }
  const sentence = `Certificates on the same ${scored.length} cases would settle ${percent(share)} of them without a person, against ${percent(before)} with the champion.`
  return check('certified_share', share >= before, sentence, numbers)
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
