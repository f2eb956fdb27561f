import type { Answered, Call, Handlers, Principal, RouteName, Routes, serviceRoutes } from '@surety/contract'

type OwnRoute = keyof typeof serviceRoutes

/** The handlers that slices bring; one for every route but those that the door answers itself, or it does not compile. */
export type SliceRoutes = Handlers<Exclude<RouteName, OwnRoute>>

/** The handlers of the door's own routes. Only the scraper of metrics sends the header Authorization. */
export type OwnRoutes = {
  readonly [K in OwnRoute]: (
    call: Call<Routes[K]> & { readonly authorization: string | undefined },
  ) => Promise<Answered<K>>
}

/** Idempotency-Key of writes, kept 24 h per tenant; survives a crash between commit and answer. */
export interface Idempotency {
  /**
   * `fresh`: go on, using `eventId` for the event so that a retry after a crash finds the first one.
   * `replay`: answer this. Throws `idempotency_mismatch` or `in_progress`.
   */
  begin(
    tenant: string,
    key: string,
    bodyDigest: string,
  ): Promise<{ kind: 'fresh'; eventId: string } | { kind: 'replay'; status: number; body: string }>
  finish(tenant: string, key: string, status: number, body: string): Promise<void>
  /** The write was refused: the key may be used again. */
  release(tenant: string, key: string): Promise<void>
}

/** What stands behind the door, handed in by `app.ts`: it imports no stage, no slice and no store. */
export interface Inside {
  readonly routes: SliceRoutes
  /** null: unknown, disabled, expired or deleted. Answered from a cache of a few seconds; the secret is compared in constant time. */
  authenticate(presented: string): Promise<Principal | null>
  /** When a secret that a rotation replaced ended; null: it is none. Left out: none was ever replaced. */
  endedAt?(presented: string): Promise<Date | null>
  /** Counts one request of the day. null: it is within the daily quota, or there is none. Left out: no key has one. */
  spend?(principal: Principal): Promise<{ readonly limit: number; readonly resetSeconds: number } | null>
  readonly idempotency: Idempotency
  /** Does a recogniser find something in it, read with the country of the tenant? */
  personalTo(tenant: string, text: string): Promise<boolean>
  /** Does the database answer? */
  ready(): Promise<boolean>
}
