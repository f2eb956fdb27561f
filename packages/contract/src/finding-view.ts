import type { Evaluation } from './evaluation.ts'

/** As every answer shows a finding. */
export const findingView = (finding: Omit<Evaluation, 'fired'>) => ({
  code: finding.code,
  family: finding.family,
  about: finding.about === '' ? null : finding.about,
  severity: finding.severity,
  confidence: finding.confidence,
  value: finding.value,
  limit: finding.limit,
  evidence: { ...finding.evidence },
})
