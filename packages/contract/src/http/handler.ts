import type { Principal } from '../views.ts'
import type { AnswersOf, BodyOf, ParamsOf, QueryOf } from './route.ts'
import type { RouteName, Routes } from './routes.ts'

/** One request as a handler sees it: checked, with the caller known. */
export interface Call<R> {
  readonly principal: Principal
  readonly params: ParamsOf<R>
  readonly query: QueryOf<R>
  readonly body: BodyOf<R>
  readonly requestId: string
  /** Set by an idempotency key: the id that makes a retry after a crash find the first event. */
  readonly eventId: string | null
}

/** What the route of this name answers with: what its handler gives back. */
export type Answered<N extends RouteName> = AnswersOf<Routes[N]>

export type Handler<N extends RouteName> = (call: Call<Routes[N]>) => Promise<Answered<N>>

/** One handler for every route of these names: a route without one does not compile. */
export type Handlers<N extends RouteName = RouteName> = { readonly [K in N]: Handler<K> }
