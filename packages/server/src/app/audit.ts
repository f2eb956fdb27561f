import { type AuditEntry, appendAudit } from '../store/audit.ts'
import type { Db } from '../store/db.ts'
import { rememberTenant } from '../store/tenants.ts'

/** The audit log as the slices see it: one entry inside their own transaction. */
export type Audit = (db: Db, entry: Omit<AuditEntry, 'at'> & { readonly at?: Date }) => Promise<void>

/** @param redact takes personal data out of what a person gave as a reason; a log that only grows keeps it for ever */
export const auditOf =
  (
    now: () => Date,
    redact: (db: Db, tenant: string, text: string) => Promise<string> = async (_, __, text) => text,
  ): Audit =>
  async (db, entry) => {
    await rememberTenant(db, entry.tenant)
    await appendAudit(db, {
      ...entry,
      at: entry.at ?? now(),
      reason: entry.reason === undefined ? undefined : await redact(db, entry.tenant, entry.reason),
    })
  }
