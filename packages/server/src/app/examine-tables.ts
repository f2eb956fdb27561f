import type { Config } from '../config/config.ts'
import { foreignTablesOf } from '../store/foreign-tables.ts'
import { checkLogins } from '../store/service-login.ts'
import type { Check } from './doctor/check.ts'

const headsAlone =
  'only heads that are saved elsewhere (surety receipt --heads) show that the audit log was written anew'

/** Who can change the tables, and with them the audit log; one login for all is how it begins, and nothing wrong. */
export async function tablesCheck({
  databaseUrl,
  migrateUrl,
}: Pick<Config, 'databaseUrl' | 'migrateUrl'>): Promise<Check> {
  const name = 'tables'
  if (databaseUrl === null)
    return { name, ok: true, sentence: `The one login of the embedded PostgreSQL owns the tables: ${headsAlone}.` }
  // Where nobody answers, `database` says so.
  const foreign = await foreignTablesOf({ url: migrateUrl ?? databaseUrl }).catch(() => null)
  if (migrateUrl === null && foreign !== null) return { name, ok: false, sentence: foreign }
  if (migrateUrl === null)
    return {
      name,
      ok: true,
      sentence: `DATABASE_URL logs in as the owner of the tables: ${headsAlone}. MIGRATE_URL names the owner apart from the login that serves (docs/deploy.md, "Two logins").`,
    }
  try {
    const service = await checkLogins({ url: databaseUrl }, { url: migrateUrl })
    if (foreign !== null) return { name, ok: false, sentence: foreign }
    return { name, ok: true, sentence: `${service} serves and owns nothing; MIGRATE_URL logs in as the owner.` }
  } catch (error) {
    return { name, ok: false, sentence: error instanceof Error ? error.message || error.name : 'No reason given.' }
  }
}
