import type { Action, ActionOverview } from '@surety/contract'

/**
 * What an action costs and saves, in the operator's unit. Doing a case by itself pays while its chance of being wrong is below
 * what a review costs of what a wrong act costs (Elkan 2001); a budget above that share costs more than asking would.
 * @param certified share of cases the certificate covers and its bound on the wrong share, both 0..1; null without one
 */
export function costsOf(
  { alpha, costOfWrong, costOfReview }: Pick<Action, 'alpha' | 'costOfWrong' | 'costOfReview'>,
  certified: { readonly share: number; readonly upper: number } | null,
): ActionOverview['costs'] {
  const breakEven = costOfWrong === 0 ? null : Math.min(1, costOfReview / costOfWrong)
  return {
    of_wrong: costOfWrong,
    of_review: costOfReview,
    break_even_wrong_share: breakEven,
    saved_per_100_cases_at_least:
      certified === null ? null : 100 * certified.share * (costOfReview - certified.upper * costOfWrong),
    note:
      breakEven !== null && alpha > breakEven
        ? `At these costs more than ${(100 * breakEven).toFixed(1)} % wrong costs more than asking; the budget allows ${(100 * alpha).toFixed(1)} %.`
        : null,
  }
}
