import type { QuestionKey } from '@surety/contract'
import type { Database } from '../../store/db.ts'
import {
  type ChosenScope,
  chosenScopes,
  type ModelScope,
  type QuestionPlace,
  scopeNamed,
} from '../../store/model-scope.ts'

/** Whose models serve a tenant: as it has chosen for a question, else as the pod says. */
export interface Scopes {
  /** Synchronous, for the line. Of a tenant that is not known yet, as the pod says. */
  of(tenant: string, question: QuestionPlace): string
  /** null: what they have chosen is known already. */
  cover(tenants: readonly string[]): Promise<void> | null
  /** Reads again what the known tenants have chosen. */
  refresh(): Promise<void>
}

interface ScopesOptions {
  readonly db: Database
  /** Makes what is to serve ready: until then the tenant is served as before. */
  ready(question: QuestionKey, scope: string): Promise<unknown> | null
}

export function createScopes({ db, ready }: ScopesOptions): Scopes {
  const known = new Map<string, ReadonlyMap<string, ModelScope>>()
  let reading: Promise<void> = Promise.resolve()

  const readNow = async (tenants: readonly string[]): Promise<void> => {
    const rows = await db.read(tenants, reader => chosenScopes(reader, tenants))
    const byTenant = Map.groupBy(rows, ({ tenant }) => tenant)
    for (const { tenant, pod, question, scope } of rows) await ready({ pod, question }, scopeNamed(tenant, scope))
    for (const tenant of tenants) known.set(tenant, chosenBy(byTenant.get(tenant) ?? []))
  }
  // One after the other: an older answer must never overwrite a newer one.
  const read = (tenants: readonly string[]): Promise<void> => {
    const turn = reading.then(() => readNow(tenants))
    reading = turn.catch(() => {})
    return turn
  }
  return {
    of: (tenant, question) => scopeNamed(tenant, known.get(tenant)?.get(keyOf(question)) ?? question.modelScope),
    cover(tenants) {
      const fresh = tenants.filter(tenant => tenant !== '*' && !known.has(tenant))
      return fresh.length === 0 ? null : read(fresh)
    },
    refresh: async () => {
      if (known.size > 0) await read([...known.keys()])
    },
  }
}

/** Nobody chooses: everybody is served as the pod says. */
export const podScopes: Scopes = {
  of: (tenant, { modelScope }) => scopeNamed(tenant, modelScope),
  cover: () => null,
  refresh: async () => {},
}

/** The tenants that have their models at this scope. */
export async function servedAt(
  scopes: Scopes,
  question: QuestionPlace,
  scope: string,
  tenants: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (scope !== '*') return [scope]
  const all = await tenants()
  await scopes.cover(all)
  return all.filter(tenant => scopes.of(tenant, question) === scope)
}

const chosenBy = (rows: readonly ChosenScope[]): ReadonlyMap<string, ModelScope> =>
  new Map(rows.map(({ pod, question, scope }) => [keyOf({ pod, name: question }), scope]))

const keyOf = ({ pod, name }: Pick<QuestionPlace, 'pod' | 'name'>): string => `${pod}\n${name}`
