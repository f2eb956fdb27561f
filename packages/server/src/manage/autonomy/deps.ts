import type { SigningKey } from '../../model/signature.ts'
import type { Audit } from '../../store/audit.ts'
import type { Database } from '../../store/db.ts'

/** What keeping the autonomy of a tenant needs: no clock, the moment is always handed in. */
export interface AutonomyDeps {
  readonly db: Database
  readonly audit: Audit
  readonly signingKey: SigningKey
}

/** Who asks, why, and under which request. */
export interface Asker {
  readonly actor: string
  readonly reason: string
  readonly requestId: string | undefined
}
