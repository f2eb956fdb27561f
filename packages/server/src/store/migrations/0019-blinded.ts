/** The word of the field for what is shown without the machine's opinion. Indexes follow by themselves; no row is touched. */
export const blinded = {
  name: '0019-blinded',
  sql: 'alter table inbox rename column hidden to blinded;',
} as const
