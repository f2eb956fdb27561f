import { eachSide, placeOf, type Question } from '@surety/contract'
import { type SideStanding, takesOver } from '@surety/stats'
import { readActing, saveActing } from '../../../store/acting-versions.ts'
import { bumpEpoch, lockAutonomy } from '../../../store/autonomy-epochs.ts'
import { recordsInForce } from '../../../store/certificates.ts'
import { isAccepted } from '../../../store/models.ts'
import { readChecks } from '../../../store/version-checks.ts'
import { readContext } from '../context.ts'
import type { AutonomyDeps } from '../deps.ts'
import type { NamedVersion } from './check-versions.ts'

/**
 * Hands the work to the newest promoted version: once it passes its check on every side with a certificate in force, at a cut that
 * covers at least two thirds of what is certified, or at once where the version that acted was withdrawn. Until then the one that
 * acts goes on. Where nothing is certified the newest promoted one acts anyway, and nobody is named.
 * @returns the version that acts from now on; null: nothing changed
 */
export async function handOver(
  deps: Pick<AutonomyDeps, 'db' | 'audit'>,
  tenant: string,
  question: Question,
  at: Date,
): Promise<NamedVersion | null> {
  const place = { tenant, ...placeOf(question) }
  return deps.db.transaction([tenant], async db => {
    await lockAutonomy(db, tenant, question.pod)
    const { sides, model: champion } = await readContext(db, tenant, question)
    const certified = await recordsInForce(db, place, at)
    if (champion === null || certified.size === 0) return null
    const acting = await readActing(db, tenant, place)
    if (acting?.digest === champion.digest) return null
    const checks = await readChecks(db, place, [champion.digest])
    const standings = eachSide(sides).map(
      ({ action }): SideStanding => ({
        certified: certified.get(action.name)?.cuts ?? [],
        passes: checks.find(check => check.action === action.name)?.passes ?? [],
      }),
    )
    const goesOn = acting !== null && (await isAccepted(db, place, acting.digest)) && !takesOver(standings)
    if (goesOn) return null
    const { digest, version } = champion
    await saveActing(db, tenant, place, { digest, version, since: at })
    await bumpEpoch(db, tenant, question.pod)
    const before = acting === null ? null : { version: acting.version, digest: acting.digest }
    await deps.audit(db, {
      tenant,
      at,
      actor: 'system',
      action: 'autonomy.version_acts',
      detail: { ...placeOf(question), version, digest, before },
    })
    return { digest, version }
  })
}
