import type { ActionPlace } from './action-states.ts'
import type { Reader, Tx } from './db.ts'
import { bool, float8, insertRow, int4, int8, json, orNull, type RowOf, table, text, time, uuid } from './table.ts'

export const certificates = table('certificates', {
  tenant: text('tenant_id'),
  id: uuid('certificate_id'),
  pod: text('pod'),
  question: text('question'),
  action: text('action'),
  modelDigest: text('model_digest'),
  modelVersion: int8('model_version'),
  attempt: int4('attempt'),
  threshold: float8('threshold'),
  below: orNull(float8('below')),
  issuedAt: time('issued_at'),
  expiresAt: time('expires_at'),
  /** As it was signed, byte for byte. */
  document: text('document'),
  revokedAt: orNull(time('revoked_at')),
  revokedReason: orNull(text('revoked_reason')),
  /** The first of its action, by which nothing is done before it is accepted. */
  waits: bool('waits'),
  acceptedAt: orNull(time('accepted_at')),
  acceptedBy: orNull(text('accepted_by')),
  acceptedReason: orNull(text('accepted_reason')),
  /** What it stands on, and all cuts that it certifies, the loosest first; null: it is of one model alone, from before records. */
  recordId: orNull(uuid('record_id')),
  cuts: orNull(json<readonly number[]>('cuts')),
})
export type NewCertificate = Omit<
  RowOf<typeof certificates>,
  'revokedAt' | 'revokedReason' | 'waits' | 'acceptedAt' | 'acceptedBy' | 'acceptedReason'
>

/** How a first certificate that waits is accepted. */
export interface Acceptance {
  readonly at: Date
  readonly by: string
  readonly reason: string
}

/** @param accepted by what a waiting one is accepted at once; null: it waits */
export const insertCertificate = async (
  db: Tx,
  row: NewCertificate,
  { waits, accepted }: { readonly waits: boolean; readonly accepted: Acceptance | null },
): Promise<void> =>
  void (await insertRow(db, certificates, {
    ...row,
    revokedAt: null,
    revokedReason: null,
    waits,
    acceptedAt: accepted?.at ?? null,
    acceptedBy: accepted?.by ?? null,
    acceptedReason: accepted?.reason ?? null,
  }))

/** Was there one of this action, of any model, that could be acted on? Then the next one is not the first. */
export async function hadCertificate(db: Reader, { tenant, pod, question, action }: ActionPlace): Promise<boolean> {
  const { rows } = await db.query({
    name: 'certificate_had',
    text: `select 1 as found from certificates where tenant_id = $1 and pod = $2 and question = $3 and action = $4
      and (not waits or accepted_at is not null) limit 1`,
    values: [tenant, pod, question, action],
  })
  return rows.length > 0
}

export const acceptCertificate = async (
  db: Tx,
  tenant: string,
  id: string,
  { at, by, reason }: Acceptance,
): Promise<void> =>
  void (await db.query(
    `update certificates set accepted_at = $3, accepted_by = $4, accepted_reason = $5 where tenant_id = $1 and certificate_id = $2`,
    [tenant, id, at, by, reason],
  ))

/** Takes back whatever holds for this action, of any model; answers the ids. */
export async function revokeCertificates(
  db: Tx,
  { tenant, pod, question, action }: ActionPlace,
  at: Date,
  reason: string,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ certificate_id: string }>({
    name: 'certificate_revoke',
    text: `update certificates c set revoked_at = $5, revoked_reason = $6
      where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and revoked_at is null and expires_at > $5 returning certificate_id`,
    values: [tenant, pod, question, action, at, reason],
  })
  return rows.map(row => row.certificate_id)
}

const kept = certificates.pick(
  'document',
  'modelDigest',
  'pod',
  'question',
  'action',
  'issuedAt',
  'expiresAt',
  'revokedAt',
  'revokedReason',
  'waits',
  'acceptedAt',
  'acceptedBy',
  'acceptedReason',
  'recordId',
)

export interface KeptCertificate extends RowOf<typeof kept> {
  /** Of a record, or of the model that serves: else nothing is acted on by it. */
  readonly serves: boolean
  /** A newer one of the same action took its place: of a record, or of the same model. */
  readonly replaced: boolean
}

export async function findCertificate(db: Reader, tenant: string, id: string): Promise<KeptCertificate | null> {
  const { rows } = await db.query<KeptCertificate>({
    name: 'certificate_by_id',
    text: `select ${kept.columns('c')},
        c.record_id is not null or exists (select from active_models m where m.tenant_id in ($1, '*') and m.pod = c.pod and m.question = c.question
          and m.digest = c.model_digest) as serves,
        exists (select from certificates n where n.tenant_id = c.tenant_id and n.pod = c.pod and n.question = c.question and n.action = c.action
          and (n.record_id is not null or n.model_digest = c.model_digest)
          and (n.issued_at, n.certificate_id) > (c.issued_at, c.certificate_id)) as replaced
      from certificates c where tenant_id = $1 and certificate_id = $2`,
    values: [tenant, id],
  })
  return rows[0] ?? null
}

const cut = certificates.pick('id', 'threshold', 'below', 'modelDigest')
export type Cut = RowOf<typeof cut>

/** The certificate that was in force at a moment for this action: of a record, or of this model alone. */
export async function certificateAt(
  db: Reader,
  { tenant, pod, question, action }: ActionPlace,
  digest: string,
  at: Date,
): Promise<Cut | null> {
  const { rows } = await db.query<Cut>({
    name: 'explain_certificate',
    text: `select ${cut.columns()} from certificates c
      where tenant_id = $1 and pod = $2 and question = $3 and action = $4 and (record_id is not null or model_digest = $5)
        and certificate_was_in_force(c, $6)
      order by issued_at desc, certificate_id desc limit 1`,
    values: [tenant, pod, question, action, digest, at],
  })
  return rows[0] ?? null
}

/** What a record certifies of one action, as of now. */
export interface RecordInForce {
  readonly action: string
  readonly id: string
  /** The loosest first. */
  readonly cuts: readonly number[]
  readonly expiresAt: Date
}

/** By action the newest certificate of a record that may be acted on. */
export async function recordsInForce(
  db: Reader,
  { tenant, pod, question }: Omit<ActionPlace, 'action'>,
  at: Date,
): Promise<ReadonlyMap<string, RecordInForce>> {
  const { rows } = await db.query<RecordInForce>({
    name: 'certificates_of_records',
    text: `select distinct on (action) action, certificate_id as id, cuts, expires_at as "expiresAt" from certificates c
      where tenant_id = $1 and pod = $2 and question = $3 and record_id is not null and certificate_in_force(c, $4)
      order by action, issued_at desc, certificate_id desc`,
    values: [tenant, pod, question, at],
  })
  return new Map(rows.map(row => [row.action, row]))
}
