/** A certificate lives this long. */
export const certificateDays = 30
/** With so many days left it is replaced by what is found, also by something stricter. */
const renewalDays = 5

/** What becomes of a certificate when a record was looked at. */
export type IssueVerdict =
  /** A new one, with the cuts found: there was none, they reach further, or the old one is about to run out. */
  | 'issue'
  /** The old one goes on. */
  | 'keep'
  /** There is none, and nothing to make one of. */
  | 'none'

/**
 * Looks are free, so a certificate is issued when it says more than the one in force or that one is about to end. An equal
 * one does not renew it before: its date is that of evidence, and a stricter one never shortens it.
 * @param found    loosest cut certified now; null: none
 * @param inForce  loosest cut of the certificate in force and the days it has left; null: there is none, or it has ended
 */
export function issueVerdict(
  found: number | null,
  inForce: { readonly loosest: number; readonly daysLeft: number } | null,
): IssueVerdict {
  const old = inForce !== null && inForce.daysLeft > 0 ? inForce : null
  if (found === null) return old === null ? 'none' : 'keep'
  if (old === null || found < old.loosest || old.daysLeft <= renewalDays) return 'issue'
  return 'keep'
}
