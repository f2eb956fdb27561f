/**
 * The newest decisions of a question that is seldom asked, in a pod that decides much else. `main` stands alone in its pod, where the
 * index by time finds as much: left out here, it pays neither for entries nor for room. Whoever asks must rule it out in words.
 */
export const decisionsByQuestion = {
  name: '0029-decisions-by-question',
  sql: `create index decisions_by_question on decisions (tenant_id, pod, question, recorded_at, case_id) where question <> 'main';`,
} as const
