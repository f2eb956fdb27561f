import { type Action, mapSides, type Question } from '@surety/contract'
import type { ActingVersion, ActionState, Autonomy, Draws, ServingModel } from '../../pipeline/item.ts'
import type { AutonomyState, KnownActing, KnownShortfall } from './load-autonomy.ts'
import { fewestToCertify } from './records/record-lack.ts'

/** The models as this process has them loaded. */
export interface Loaded {
  /** Of the model that serves here; null: none does. */
  readonly digest: string | null
  /** The model of a digest; null: it is not loaded. */
  scorerOf(digest: string): ServingModel | null
}

/**
 * What the line may do by itself, for one tenant and question. Certificates are for the scores of the version that is acted on: a
 * process that has not loaded it asks, and one that another model serves has no bounds for what that says.
 * @param hash under the key of the tenant, for its draws
 * @param room what each hour has left under the caps
 */
export function autonomyOf(
  question: Question,
  state: AutonomyState,
  loaded: Loaded,
  hash: (text: string) => string,
  room: Autonomy['room'],
): Autonomy {
  const { digest } = loaded
  const speaksOfIt = digest !== null && digest === state.digest
  const acting = state.acting && actingOf(state.acting, loaded)
  const mayAct = acting !== null && (acting.serves || acting.model !== null)
  const actionState = (action: Action): ActionState => {
    const known = state.states.get(action.name)
    return {
      action,
      mode: known?.mode ?? question.defaultMode,
      gate: known?.gate ?? 'certified',
      suspended: known?.suspended ?? false,
      ...(mayAct && state.waiting.has(action.name) && { waits: true }),
      certificate: (mayAct ? state.certificates.get(action.name) : undefined) ?? null,
      ...(speaksOfIt && mayAct && !state.unpassed.has(action.name)
        ? lacking(action, state.shortfalls.get(action.name))
        : { unlocksFrom: null, shortfall: null }),
    }
  }
  return {
    epoch: state.epoch,
    sides: mapSides(state.budgets.sides, actionState),
    calibration: speaksOfIt ? state.calibration : acting?.serves === true ? acting.calibration : null,
    acting,
    blindedShare: state.budgets.blindedShare,
    queueDays: state.budgets.queueDays,
    room,
    draws: words => drawsBy(hash, words),
  }
}

function actingOf({ digest, ...acting }: KnownActing, loaded: Loaded): ActingVersion {
  const serves = digest === loaded.digest
  // Where no model serves nothing is scored.
  return { ...acting, serves, model: serves || loaded.digest === null ? null : loaded.scorerOf(digest) }
}

/** Before anybody has looked at its labels, every case on its side counts, and the fewest that can certify are needed. */
function lacking(
  action: Action,
  known: KnownShortfall | undefined,
): Pick<ActionState, 'unlocksFrom' | 'unlocksShare' | 'shortfall'> {
  if (known !== undefined) return { unlocksFrom: known.unlocksFrom, unlocksShare: known.unlocksShare, shortfall: known }
  return { unlocksFrom: action.side === 'act' ? 0 : 1, shortfall: { have: 0, need: fewestToCertify(action) } }
}

/** Of HMAC-SHA-256 under the tenant's key the first 53 bits of each of the first two words of 64 bits, as numbers in [0, 1). */
export function drawsBy(hash: (text: string) => string, words: string): Draws {
  const digits = hash(words)
  return { audit: numberAt(digits, 0), blinding: numberAt(digits, 16) }
}

function numberAt(digits: string, from: number): number {
  const high = Number.parseInt(digits.slice(from, from + 8), 16)
  const low = Number.parseInt(digits.slice(from + 8, from + 16), 16)
  return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53
}
