import { placeOf, type Question } from '@surety/contract'
import { readActing } from '../../store/acting-versions.ts'
import type { CalibrationRow } from '../../store/calibration-rows.ts'
import type { Tx } from '../../store/db.ts'
import { readVersionCuts } from '../../store/version-cuts.ts'
import { type Refreshed, refreshCalibrator } from './calibrators.ts'
import { readContext } from './context.ts'
import type { AutonomyDeps } from './deps.ts'
import { freezeCuts } from './freeze-cuts.ts'
import { maturityMs } from './maturity.ts'
import { readLabels } from './read-labels.ts'
import { beginRecords } from './records/begin-records.ts'
import { type CertifyOutcome, certifyRecords } from './records/certify-records.ts'
import { checkVersions, type NamedVersion } from './records/check-versions.ts'
import { handOver } from './records/hand-over.ts'
import { keepRecords } from './records/keep-records.ts'
import { renewFigures } from './renew-figures.ts'
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
  const { context, acting, maturity, frozen } = await db.transaction([tenant], handle =>
    readBeginning(handle, tenant, question, at),
  )
  const { model } = context
  const digest = model?.digest ?? null
  const labels = (await readLabels(db, tenant, question, digest, at)).get(digest ?? '') ?? 0
  let rows: readonly CalibrationRow[] | null = null
  const onRead = (read: readonly CalibrationRow[]): void => {
    rows = read
  }
  const calibrator =
    digest === null ? null : await refreshCalibrator(db, tenant, question, digest, at, { maturity, onRead })
  // What is acted on is bounded by a calibrator of its own.
  const other = acting === null || acting.digest === digest ? null : acting.digest
  const itsCalibrator = other === null ? null : await refreshCalibrator(db, tenant, question, other, at, { maturity })
  if (!frozen && deps.scorerOf !== undefined) await freezeCuts(db, tenant, question, deps.scorerOf, at)
  await keepRecords(deps, tenant, question, at, maturity)
  const versions = [model, acting].filter(one => one !== null)
  await checkVersions(db, tenant, question, uniqueOf(versions), at, maturity)
  const certified = await certifyRecords(deps, tenant, question, at, maturity)
  // Work is handed to another version than that which has it, or to the first that is certified.
  if (acting?.digest !== digest || certified.some(({ certificate }) => certificate !== null))
    await handOver(deps, tenant, question, at)
  const suspensions = await observeTripwires(deps, tenant, question, at, maturity)
  // What is decided from the suspension on counts, from the first case.
  if (suspensions.length > 0) await beginRecords(deps, tenant, question, at)
  // A calibrator is looked at once an hour, so that rows which only ripened are seen then too.
  const changed = labels > 0 || calibrator?.kind !== 'unchanged'
  // Certificates and suspensions have told of themselves; a calibrator makes nothing void that was decided before it.
  const tell = [calibrator, itsCalibrator].some(isNews) || certified.length > 0
  await renewFigures(db, { context, at, maturity, changed, rows, tell })
  return { labels, calibrator, certified, suspensions }
}

/** What holds for the whole look: budgets, modes and certificates are read again where something is decided by them. */
async function readBeginning(db: Tx, tenant: string, question: Question, at: Date) {
  const place = { tenant, ...placeOf(question) }
  const context = await readContext(db, tenant, question)
  const { model } = context
  return {
    context,
    acting: await readActing(db, tenant, place),
    maturity: await maturityMs(db, tenant, question, at),
    // What is frozen stays as it is.
    frozen: model === null || (await readVersionCuts(db, { ...place, digest: model.digest })) !== null,
  }
}

const isNews = (refreshed: Refreshed | null): boolean => refreshed?.kind === 'built' || refreshed?.kind === 'confirmed'

const uniqueOf = (versions: readonly NamedVersion[]): readonly NamedVersion[] =>
  versions.filter(({ digest }, i) => versions.findIndex(one => one.digest === digest) === i)
