/** A kept answer repeats names that were sent: with something personal in it, it is sealed whole, and `body` is what is left. */
export const sealedAnswers = {
  name: '0052-sealed-answers',
  sql: 'alter table idempotency add column sealed bytea;',
} as const
