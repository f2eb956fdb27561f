import type { BodyOf, ParamsOf, Principal, QueryOf, RouteName, Routes } from '@surety/contract'
import type { Answer } from './answer.ts'
import type { Services } from './services.ts'

/** One request as a handler sees it: checked, with the caller known. */
export interface Call<R> {
  readonly services: Services
  readonly principal: Principal
  readonly params: ParamsOf<R>
  readonly query: QueryOf<R>
  readonly body: BodyOf<R>
  readonly requestId: string
  /** Header Authorization: only the scraper of metrics sends one. */
  readonly authorization: string | undefined
  /** Set by an idempotency key: the id that makes a retry after a crash find the first event. */
  readonly eventId: string | null
}

export type Handler<R> = (call: Call<R>) => Promise<Answer>

/** One handler for every route of the table: a route without one does not compile. */
export type Handlers<N extends RouteName = RouteName> = { readonly [K in N]: Handler<Routes[K]> }
