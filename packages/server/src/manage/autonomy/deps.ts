import type { JsonObject } from '@surety/contract'
import type { SigningKey } from '../../model/signature.ts'
import type { Database, Db } from '../../store/db.ts'

/** One entry of the audit chain, as this slice needs it; the slice `audit` provides the writer. */
export interface AuditEntry {
  readonly tenant: string
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly reason?: string | undefined
  readonly before?: JsonObject | undefined
  readonly after?: JsonObject | undefined
  readonly requestId?: string | undefined
  readonly detail?: JsonObject | undefined
}

/** What keeping the autonomy of a tenant needs: no clock, the moment is always handed in. */
export interface AutonomyDeps {
  readonly db: Database
  readonly audit: (db: Db, entry: AuditEntry) => Promise<void>
  readonly signingKey: SigningKey
}

/** Who asks, why, and under which request. */
export interface Asker {
  readonly actor: string
  readonly reason: string
  readonly requestId: string | undefined
}
