import { eachSide } from '@surety/contract'
import type { ActionState, Autonomy, ReviewDraw } from '../item.ts'

/** What is not drawn comes after all that is, by urgency. */
export const notDrawn = 1

/** Of five draws four fall into the candidate regions and one anywhere else: a plan that trusts itself too little is too small. */
const regionsToRest = 4

/** Nobody has measured yet how much of the cases a region holds. */
const unmeasuredShare = 0.5

/** The version before its first certificate, or its next one: does this side want outcomes of a region? */
const wants = ({ certificate, unlocksFrom }: ActionState): boolean => certificate === null && unlocksFrom !== null
const shareOf = ({ unlocksShare }: ActionState): number => unlocksShare ?? unmeasuredShare

/**
 * Where a case stands in the order `unlock`, ascending: by its coin alone within each of three strata, so that those that are looked at
 * are a uniform draw of each, whatever their scores are. The coin is scaled by the stratum's share of all cases: places are then dealt
 * out by rank, each candidate region as many as any other however small it is, and the rest a quarter of what they get together.
 * @param region side whose next certificate its outcome counts towards; null: none
 * @param coin   in [0, 1), below the audit rate where it is audited
 */
export function reviewDraw(
  autonomy: Pick<Autonomy, 'sides' | 'blindedShare'>,
  region: ActionState | null,
  { coin, audited, auditRate }: { readonly coin: number; readonly audited: boolean; readonly auditRate: number },
): ReviewDraw {
  const sides = eachSide(autonomy.sides)
  const regions = sides.filter(wants)
  const rates = sides.map(({ action }) => action.auditRate)
  // Of audits only coins below the rate come here: scaled, their place is as any other withheld case's, whose region it hides as well.
  const fair = audited && auditRate > 0 ? coin / auditRate : coin
  const blindedShare = Math.min(1, Math.max(autonomy.blindedShare, ...rates))
  // Before anything is certified no withheld case is an audit.
  const hurried = regions.length === 0 || sides.some(({ certificate }) => certificate !== null)
  const blinded = Math.min(notDrawn, fair * blindedShare * (hurried ? 1 : regionsToRest / regions.length))
  if (region !== null) return { shown: coin * shareOf(region), blinded }
  if (regions.length === 0) return { shown: notDrawn, blinded }
  const shares = regions.map(shareOf)
  const rest = Math.max(0, 1 - shares.reduce((sum, share) => sum + share, 0))
  const rank = (coin * rest * regionsToRest) / regions.length
  return { shown: rank < Math.max(...shares) ? rank : notDrawn, blinded }
}
