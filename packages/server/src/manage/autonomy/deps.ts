import type { SigningKey } from '../../model/signature.ts'
import type { Context } from '../../runtime/context.ts'
import type { ScorerOf } from './freeze-cuts.ts'

/** What keeping the autonomy of a tenant needs: no clock, the moment is always handed in. */
export interface AutonomyDeps extends Pick<Context, 'db' | 'audit'> {
  readonly signingKey: SigningKey
  /** Left out: no model is loaded here, and no cuts are frozen. */
  readonly scorerOf?: ScorerOf
  /** A history is pushed through: nobody could accept its first certificates, so they are accepted at once. Left out: live. */
  readonly history?: () => boolean
}

/** Who asks, why, and under which request. */
export interface Asker {
  readonly actor: string
  readonly reason: string
  readonly requestId: string | undefined
}
