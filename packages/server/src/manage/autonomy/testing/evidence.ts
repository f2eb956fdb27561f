import { type Rng, rng } from '@surety/stats'
import { makeSigningKey } from '../../../model/signature.ts'
import type { AuditEntry } from '../../../store/audit.ts'
import type { Database } from '../../../store/db.ts'

/** A labelled case as a test needs it. */
export interface TestRow {
  readonly id: string
  readonly p: number
  readonly y: 0 | 1
  readonly at: Date
  readonly source?: 'held_out' | 'live' | 'imported' | 'csv'
  readonly quality?: string
  readonly action?: string
  readonly audited?: boolean
}

export const day = (n: number): Date => new Date(Date.parse('2026-01-01T00:00:00Z') + n * 86_400_000)

/** The deps of the slice, remembering what was audited. */
export function autonomyDeps(db: Database) {
  const entries: AuditEntry[] = []
  const { key } = makeSigningKey()
  return { db, signingKey: key, entries, audit: async (_: unknown, entry: AuditEntry) => void entries.push(entry) }
}

/** Lets a model serve a tenant of a pod with one model per tenant (or `*`). */
export async function serve(db: Database, scope: string, pod: string, digest: string): Promise<void> {
  await db.transaction([scope], handle =>
    handle.query(
      `insert into active_models (tenant_id, pod, version, digest, validated, activated_at) values ($1, $2, 1, $3, true, now())
       on conflict (tenant_id, pod, question) do update set digest = excluded.digest, version = active_models.version + 1`,
      [scope, pod, digest],
    ),
  )
}

export async function addRows(
  db: Database,
  place: { readonly tenant: string; readonly pod: string; readonly digest: string },
  rows: readonly TestRow[],
): Promise<void> {
  const { tenant, pod, digest } = place
  await db.transaction([tenant], handle =>
    handle.query(
      `insert into calibration_rows (tenant_id, pod, model_digest, row_id, source, probability, label, decided_at, labelled_at,
         quality, action, automatic, audited, propensity)
       select $1, $2, $3, id, source, p, y, at, at, quality, nullif(action, ''), audited, audited, case when audited then .02 else 1 end
       from unnest($4::text[], $5::text[], $6::float8[], $7::smallint[], $8::timestamptz[], $9::text[], $10::text[], $11::bool[])
         as given(id, source, p, y, at, quality, action, audited)`,
      [
        tenant,
        pod,
        digest,
        rows.map(row => row.id),
        rows.map(row => row.source ?? 'held_out'),
        rows.map(row => row.p),
        rows.map(row => row.y),
        rows.map(row => row.at),
        rows.map(row => row.quality ?? 'human'),
        rows.map(row => row.action ?? ''),
        rows.map(row => row.audited ?? false),
      ],
    ),
  )
}

/** Cases of a model that ranks well: half of them near 1, half near 0, wrong in `wrong` of all, and now and then where it is less sure. */
export function goodRows(
  n: number,
  options: { at?: Date; prefix?: string; wrong?: number; draw?: Rng } = {},
): TestRow[] {
  const { at = day(0), prefix = 'r', wrong = 0, draw = rng('good rows') } = options
  return Array.from({ length: n }, (_, i) => {
    const high = i % 2 === 0
    const p = high ? 0.9 + draw.uniform() * 0.1 : draw.uniform() * 0.1
    const unsure = high ? p < 0.92 : p > 0.08
    const right = draw.uniform() >= (unsure ? Math.max(wrong, 0.05) : wrong)
    return {
      id: `${prefix}${String(i).padStart(6, '0')}`,
      p,
      y: high === right ? 1 : 0,
      at: new Date(at.getTime() + i * 1000),
    }
  })
}
