import assert from 'node:assert/strict'
import { eachSide, placeOf, type Question } from '@surety/contract'
import { cutOf, recordCuts, recordStarts } from '@surety/stats'
import type { Database } from '../../../store/db.ts'
import { insertRecordRows } from '../../../store/record-rows.ts'
import { insertRecord, type KeptRecord, readRecords } from '../../../store/records.ts'
import { insertVersionCuts, readVersionCuts } from '../../../store/version-cuts.ts'
import type { AutonomyDeps } from '../deps.ts'
import { type CertifyOutcome, certifyRecords } from '../records/certify-records.ts'
import { checkVersions } from '../records/check-versions.ts'
import { countRows, countsToBegin } from '../records/count-rows.ts'
import { handOver } from '../records/hand-over.ts'
import { addRows, day, serve, type TestRow } from './evidence.ts'

const scores = Float64Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000)

/** The cuts of a version whose newest decisions had all scores equally often. */
const cutsFor = (side: 'act' | 'clear') => {
  const cuts = recordCuts(scores, side === 'act' ? 'yes' : 'no')
  assert.ok(cuts.ok)
  return cuts
}

export interface TestVersion {
  readonly version: number
  readonly digest: string
}

/** Tenants of one question: their versions, their records, and cases that were decided and labelled. */
export function recordWorld(db: Database, question: Question) {
  const placeIn = (tenant: string) => ({ tenant, ...placeOf(question) })
  const modelOf = (tenant: string): TestVersion => ({ version: 1, digest: `model of ${tenant}` })
  return {
    placeIn,
    modelOf,

    /** The cuts of a version that serves, as if its newest decisions had all scores equally often. */
    async freeze(tenant: string, { version, digest }: TestVersion, at = day(0)): Promise<void> {
      const thresholds = { act: cutsFor('act').thresholds, clear: cutsFor('clear').thresholds }
      await db.transaction([tenant], handle =>
        insertVersionCuts(handle, placeIn(tenant), { version, digest, begunAt: at, n: 1000, thresholds }),
      )
    },

    /** A version serves from now on, with its cuts. */
    async promote(tenant: string, { version, digest }: TestVersion = modelOf(tenant), at = day(0)): Promise<void> {
      await serve(db, tenant, question.pod, digest)
      await db.transaction([tenant], async handle => {
        await handle.query(
          `update active_models set version = $3 where tenant_id = $1 and pod = $2 and question = 'main'`,
          [tenant, question.pod, version],
        )
        await handle.query(
          `insert into models (tenant_id, pod, version, digest, artefact, accepted, validated, verdict, created_at, accepted_at)
            values ($1, $2, $3, $4, '{"metrics":{"n_train":500}}', true, true, '{}', $5, $5) on conflict do nothing`,
          [tenant, question.pod, version, digest, at],
        )
      })
      await this.freeze(tenant, { version, digest }, at)
    },

    /** A record of each action, which counts what is decided from then on. */
    async begin(tenant: string, from: Date = day(0), budgets: Question = question): Promise<void> {
      await db.transaction([tenant], async handle => {
        for (const { name, side, alpha, delta, missBudget } of eachSide(budgets.actions)) {
          const record = {
            ...placeIn(tenant),
            action: name,
            side,
            id: crypto.randomUUID(),
            begunAt: from,
            rowsFrom: from,
            why: 'first' as const,
            plan: 0.3,
            starts: recordStarts(0.3),
            suspensions: 0,
            budgetChanges: 0,
            budget: { alpha, delta, missBudget, smallestRate: 0.02 },
          }
          await insertRecord(handle, record, await countsToBegin(handle, record))
        }
      })
    },

    /** Cases that this version decided and acted on, with their labels as they were taken in. */
    async settle(tenant: string, rows: readonly TestRow[], by: TestVersion = modelOf(tenant)): Promise<void> {
      const cuts = await db.read([tenant], reader => readVersionCuts(reader, { ...placeIn(tenant), digest: by.digest }))
      assert.ok(cuts !== null, 'the version has no cuts')
      const kappa = (side: 'act' | 'clear', p: number): number =>
        (side === 'act') === p >= question.threshold ? cutOf(cutsFor(side), p) : -1
      await addRows(
        db,
        { ...placeIn(tenant), digest: by.digest },
        rows.map(row => ({ source: 'live' as const, ...row })),
      )
      await db.transaction([tenant], handle =>
        insertRecordRows(
          handle,
          rows.map(({ id, p, y, at, quality = 'human' }) => ({
            ...placeIn(tenant),
            caseId: id,
            decidedAt: at,
            source: 'live' as const,
            modelVersion: by.version,
            kappaAct: kappa('act', p),
            kappaClear: kappa('clear', p),
            auditCoin: 0.5,
            label: quality === 'bulk' || quality === 'imported' ? null : y,
            quality,
            labelledBy: null,
          })),
        ),
      )
    },

    /** A look at the evidence that leaves the tripwires alone. */
    async certify(deps: AutonomyDeps, tenant: string, at: Date): Promise<readonly CertifyOutcome[]> {
      await countRows(deps, tenant, question, at)
      await checkVersions(db, tenant, question, [modelOf(tenant)], at)
      const outcomes = await certifyRecords(deps, tenant, question, at)
      await handOver(deps, tenant, question, at)
      return outcomes
    },

    recordsOf: (tenant: string): Promise<readonly KeptRecord[]> =>
      db.read([tenant], reader => readRecords(reader, placeIn(tenant))),
  }
}
