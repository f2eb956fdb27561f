/** A night that had nothing new to learn from confirms the model as one does that refused its challenger. */
export const learningRunsConfirmed = {
  name: '0042-learning-runs-confirmed',
  sql: 'alter table learning_runs add column confirmed_at timestamptz',
} as const
