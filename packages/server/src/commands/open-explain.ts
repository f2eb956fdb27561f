import type { Explanation } from '@surety/contract'
import { openBeside } from '../app/open-beside.ts'
import type { Config } from '../config/config.ts'
import { explanations } from '../manage/explain/explain.ts'

/** One decision explained from the command line: on the database of DATABASE_URL, or on the embedded one, running or not. */
export async function explainOnce(config: Config, tenant: string, id: string): Promise<Explanation> {
  await using beside = await openBeside(config)
  return await explanations(beside).decision(tenant, id)
}
