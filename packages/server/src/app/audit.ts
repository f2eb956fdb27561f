import { type AuditEntry, appendAudit } from '../manage/audit/audit.ts'
import type { Db } from '../store/db.ts'

/** The audit log as the slices see it: one entry inside their own transaction. */
export type Audit = (db: Db, entry: Omit<AuditEntry, 'at'> & { readonly at?: Date }) => Promise<void>

export const auditOf =
  (now: () => Date): Audit =>
  (db, entry) =>
    appendAudit(db, { ...entry, at: entry.at ?? now() })
