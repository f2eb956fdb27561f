/** An answer to an alert holds its groups: which version of them it found says between which events it came. */
export const versionsOfAnswers = {
  name: '0035-versions-of-answers',
  sql: 'alter table outcomes add column versions jsonb;',
} as const
