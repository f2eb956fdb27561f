export const riskLevels = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const
export type RiskLevel = (typeof riskLevels)[number]

/** How a probability of harm is named, everywhere alike: CRITICAL from .8, HIGH from .6, MEDIUM from .4, LOW from .2 on. */
export function riskLevel(probability: number): RiskLevel {
  if (probability >= 0.8) return 'CRITICAL'
  if (probability >= 0.6) return 'HIGH'
  if (probability >= 0.4) return 'MEDIUM'
  return probability >= 0.2 ? 'LOW' : 'MINIMAL'
}
