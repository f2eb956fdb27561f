import { bumpEpoch } from '../../../store/autonomy-epochs.ts'
import type { Database } from '../../../store/db.ts'
import { day } from './evidence.ts'

/** A certificate that was issued before there were records. */
export async function putEarlier(db: Database, tenant: string, digest: string): Promise<void> {
  await db.transaction([tenant], async handle => {
    await handle.query(
      `insert into certificates (tenant_id, certificate_id, pod, question, action, model_digest, model_version, attempt, threshold, below,
          issued_at, expires_at, document)
        values ($4, gen_random_uuid(), 'table', 'main', 'yes', $5, 1, 3, 0.8, null, $1, $2, $3)`,
      [
        day(50),
        day(80),
        JSON.stringify({
          document: {
            format: 'surety.certificate/1',
            share: 0.2,
            upper: 0.05,
            counts: { n: 900, accepted: 300, wrong: 9 },
          },
          digest: '',
          signature: {},
        }),
        tenant,
        digest,
      ],
    )
    await bumpEpoch(handle, tenant, 'table')
  })
}
