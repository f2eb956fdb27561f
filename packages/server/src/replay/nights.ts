const dayMs = 86_400_000
/** 03:17 UTC, the same as live. */
const hourOfNight = (3 * 60 + 17) * 60_000

/** The first night strictly after this moment. */
export function nightAfter(at: number): number {
  return Math.floor((at - hourOfNight) / dayMs) * dayMs + dayMs + hourOfNight
}

/** How many nights lie from `night` up to and including `until`. */
export function nightsUntil(night: number, until: number): number {
  return until < night ? 0 : Math.floor((until - night) / dayMs) + 1
}

export const afterNights = (night: number, count: number): number => night + count * dayMs

/** Calibrators and certificates are looked at again after this many new labels. */
export const labelsToCertify = 50

/** A night is worth a run when it brings at least 2 % new labels. */
export const isWorthRunning = (labels: number, learned: number): boolean =>
  labels > learned && (labels - learned) * 50 >= learned
