import { type Answered, placeOf } from '@surety/contract'
import { Problem } from '../../errors.ts'
import { forgetActing } from '../../store/acting-versions.ts'
import { bumpEpoch, lockAutonomy } from '../../store/autonomy-epochs.ts'
import { acceptCertificate, findCertificate, recordsInForce } from '../../store/certificates.ts'
import type { Asker, AutonomyDeps } from './deps.ts'

/**
 * An admin accepts the first certificate of an action: from then on it may be acted on. The newest one alone, of a record or of the
 * model that serves; those after it wait for nobody.
 * @throws Problem `certificate_not_found`, `certificate_not_waiting`, `reason_required`
 */
export async function accept(
  deps: Pick<AutonomyDeps, 'db' | 'audit'>,
  tenant: string,
  id: string,
  by: Asker,
  at: Date,
): Promise<Answered<'acceptCertificate'>> {
  if (by.reason.trim() === '') throw new Problem('reason_required')
  return deps.db.transaction([tenant], async db => {
    const place = await findCertificate(db, tenant, id)
    if (place === null) throw new Problem('certificate_not_found')
    await lockAutonomy(db, tenant, place.pod)
    const kept = (await findCertificate(db, tenant, id))!
    const waits = kept.waits && kept.acceptedAt === null && kept.revokedAt === null && kept.expiresAt > at
    if (!waits || kept.replaced || !kept.serves) throw new Problem('certificate_not_waiting')
    const question = { pod: kept.pod, question: kept.question }
    // Until now the newest promoted version acted, whoever was named once.
    if ((await recordsInForce(db, { tenant, ...question }, at)).size === 0) await forgetActing(db, tenant, question)
    await acceptCertificate(db, tenant, id, { at, by: by.actor, reason: by.reason })
    await bumpEpoch(db, tenant, kept.pod)
    const detail = { ...placeOf({ pod: kept.pod, name: kept.question }), action: kept.action, certificate: id }
    await deps.audit(db, { tenant, at, ...by, action: 'autonomy.accepted', detail })
    return { id, action: kept.action, accepted: { at: at.toISOString(), by: by.actor, reason: by.reason } }
  })
}
