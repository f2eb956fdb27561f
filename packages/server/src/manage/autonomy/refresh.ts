import { placeOf, type Question } from '@surety/contract'
import { readActing } from '../../store/acting-versions.ts'
import { announce } from '../../store/autonomy-epochs.ts'
import { renewCalibrationFigures } from './calibration-view.ts'
import { type Refreshed, refreshCalibrator } from './calibrators.ts'
import { readContext } from './context.ts'
import type { AutonomyDeps } from './deps.ts'
import { freezeCuts } from './freeze-cuts.ts'
import { renewAuditEstimates } from './overview.ts'
import { readLabels } from './read-labels.ts'
import { beginRecords } from './records/begin-records.ts'
import { type CertifyOutcome, certifyRecords } from './records/certify-records.ts'
import { checkVersions, type NamedVersion } from './records/check-versions.ts'
import { handOver } from './records/hand-over.ts'
import { keepRecords } from './records/keep-records.ts'
import { observeTripwires, type Suspension } from './tripwires.ts'

/** What one look at the evidence of a tenant for one question changed. */
export interface AutonomyRefresh {
  /** Rows of the serving model that were added, changed or taken out. */
  readonly labels: number
  /** null: no model serves. */
  readonly calibrator: Refreshed | null
  readonly certified: readonly CertifyOutcome[]
  readonly suspensions: readonly Suspension[]
}

/**
 * Everything that evidence may change, in the order in which one thing rests on the other: labels, calibrators, cuts, records, checks
 * of versions, certificates, who acts, tripwires. Reads no clock. Every step is a transaction (or more) of its own and may be done twice, or by several processes
 * at once: a process that ends in between leaves the rest to the next call.
 * @param question its `threshold` is the operator's floor where no policy was saved
 */
export async function refreshAutonomy(
  deps: AutonomyDeps,
  tenant: string,
  question: Question,
  at: Date,
): Promise<AutonomyRefresh> {
  const { db } = deps
  const { model, acting } = await db.transaction([tenant], async handle => ({
    ...(await readContext(handle, tenant, question)),
    acting: await readActing(handle, tenant, placeOf(question)),
  }))
  const digest = model?.digest ?? null
  const labels = (await readLabels(db, tenant, question, digest, at)).get(digest ?? '') ?? 0
  const calibrator = digest === null ? null : await refreshCalibrator(db, tenant, question, digest, at)
  // What is acted on is bounded by a calibrator of its own.
  const other = acting === null || acting.digest === digest ? null : acting.digest
  const itsCalibrator = other === null ? null : await refreshCalibrator(db, tenant, question, other, at)
  if (deps.scorerOf !== undefined) await freezeCuts(db, tenant, question, deps.scorerOf, at)
  await keepRecords(deps, tenant, question, at)
  const versions = [model, acting].filter(one => one !== null)
  await checkVersions(db, tenant, question, uniqueOf(versions), at)
  const certified = await certifyRecords(deps, tenant, question, at)
  await handOver(deps, tenant, question, at)
  const suspensions = await observeTripwires(deps, tenant, question, at)
  // What is decided from the suspension on counts, from the first case.
  if (suspensions.length > 0) await beginRecords(deps, tenant, question, at)
  await renewAuditEstimates(db, tenant, question, at)
  // A calibrator is looked at once an hour, so that rows which only ripened are seen then too.
  if (digest !== null && (labels > 0 || calibrator?.kind !== 'unchanged'))
    await renewCalibrationFigures(db, { tenant, ...placeOf(question), digest }, question, at)
  // Certificates and suspensions have told of themselves; a calibrator makes nothing void that was decided before it.
  if ([calibrator, itsCalibrator].some(isNews) || certified.length > 0)
    await db.transaction([tenant], handle => announce(handle, tenant))
  return { labels, calibrator, certified, suspensions }
}

const isNews = (refreshed: Refreshed | null): boolean => refreshed?.kind === 'built' || refreshed?.kind === 'confirmed'

const uniqueOf = (versions: readonly NamedVersion[]): readonly NamedVersion[] =>
  versions.filter(({ digest }, i) => versions.findIndex(one => one.digest === digest) === i)
