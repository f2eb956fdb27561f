import type { Pod } from '@surety/contract'
import type { Context } from '../../runtime/context.ts'
import { explanations } from './explain.ts'
import { explainRoutes } from './routes.ts'

/** @param pods all there are: what was decided is explained where its pod is not served any more, too */
export function openExplain({ db }: Pick<Context, 'db'>, { pods }: { readonly pods: readonly Pod[] }) {
  return { routes: explainRoutes(explanations({ db, pods })) }
}
