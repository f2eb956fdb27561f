import type { Explanation } from '@surety/contract'
import type { Config } from '../config/config.ts'
import { explanations } from '../manage/explain/explain.ts'
import { pods } from '../pods.ts'
import { openDatabase } from '../store/db.ts'
import { openEmbeddedOrJoin } from './open-or-join.ts'

/** One decision explained from the command line: on the database of DATABASE_URL, or on the embedded one, running or not. */
export async function explainOnce(config: Config, tenant: string, id: string): Promise<Explanation> {
  await using store = await openEmbeddedOrJoin(config)
  await using db = openDatabase(store.address, store.role, 1)
  return await explanations({ db, pods }).decision(tenant, id)
}
