import type { Answered, Call as Asked, RouteName, Routes } from '@surety/contract'
import type { Services } from './services.ts'

/** One request as a handler of this folder sees it. */
export interface Call<R> extends Asked<R> {
  readonly services: Services
  /** Header Authorization: only the scraper of metrics sends one. */
  readonly authorization: string | undefined
}

/** One handler for every route of the table: a route without one does not compile. */
export type Handlers<N extends RouteName = RouteName> = {
  readonly [K in N]: (call: Call<Routes[K]>) => Promise<Answered<K>>
}
