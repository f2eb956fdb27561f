import type { PodHistory } from '@surety/contract'

/** Rows as they are. */
export const history: PodHistory = {
  asks: 'row.recorded',
  answers: 'row.outcome',
  caseId: ({ number }) => String(number),
  askData: ({ subject, cells }, caseId) =>
    subject === '' ? { row_id: caseId, columns: cells } : { row_id: caseId, subject, columns: cells },
  answerData: (caseId, label) => ({ row_id: caseId, label, source: 'imported' }),
  settings: (features, knownLater) => ({
    ok: true,
    settings: {
      policy: {
        columns: features.map(({ name, kind }) => ({ name, kind })),
        known_later: knownLater.map(({ name }) => name),
      },
    },
  }),
}
