import { eachSide, placeOf, type Question } from '@surety/contract'
import { rng } from '@surety/stats'
import type { App } from '../app.ts'
import { autonomyHistory } from '../manage/autonomy/history.ts'
import { labelsWorthALook } from '../manage/autonomy/refresh-schedule.ts'
import { outcomesWorthANight } from '../manage/models/worth.ts'
import { seededIds } from '../pipeline/ids.ts'
import type { NightCheck, NightVerdict, World } from '../replay/world.ts'
import { momentsFrom, nextMoment, type Schedule } from '../runtime/cron.ts'
import { runDirectly } from '../runtime/run-task.ts'
import { nextTurn } from '../runtime/tick-slots.ts'
import { lastLearningRun } from '../store/learning-runs.ts'
import { writeReplayCheckpoint } from '../store/replay-checkpoint.ts'
import { readDecided } from '../store/replay-results.ts'
import { gatherStatistics } from '../store/table-statistics.ts'
import type { History } from './history.ts'

export interface HistoryWorldOptions {
  readonly app: App
  readonly history: History
  readonly pod: string
  readonly tenant: string
  readonly seed: string | number
  /** false: nothing will be resumed, so nothing is remembered. */
  readonly resumable: boolean
}

/** A whole Surety as a history meets it: what recurs there by itself happens when the history comes to its moment. */
export async function openHistoryWorld(options: HistoryWorldOptions): Promise<World> {
  const { app, history, tenant } = options
  const { db, core, models } = app
  const pod = app.podNamed(options.pod)
  const [question] = pod.questions
  const { registry } = models.of(placeOf(question))
  const seed = rng(options.seed)
  const tenants = async () => [tenant]
  const orFailed = async <T>(work: Promise<T>): Promise<T> => {
    const done = await work.catch(error => {
      throw history.failure === null ? error : lineFailed(history.failure)
    })
    if (history.failure !== null) throw lineFailed(history.failure)
    return done
  }
  const labelsLearned = async (): Promise<number> => {
    const place = { ...placeOf(question), scope: registry.scopeOf(tenant) }
    return (await db.read([place.scope], reader => lastLearningRun(reader, place)))?.labels ?? 0
  }
  let labels = await labelsLearned()
  const days = await Promise.all(pod.questions.map(one => app.silence.daysOf(tenant, one)))
  const silenceDays = days.filter(one => one > 0)
  const { schedule: sweeps } = app.silence.tasks[0]
  const sweepFrom = sweeps === null ? () => Number.POSITIVE_INFINITY : momentsFrom(sweeps)
  // Nothing on the way of a batch waits for what is loaded once.
  await core.deps.prepare(new Set([tenant]))
  return {
    inOrder: Object.values(pod.kinds).some(kind => kind.groups !== undefined),
    setClock: history.setClock,
    mayAct: () => pod.questions.some(asked => mayAct(app, tenant, asked)),
    outcomesWorthALook: outcomes => Math.max(labelsWorthALook, outcomesWorthANight(outcomes)),
    run: arrivals =>
      orFailed(
        core.run(
          arrivals.map(({ raw, at, startedMs, ordinal }) => ({ raw, at, startedMs, ids: seededIds(seed, ordinal) })),
        ),
      ),
    perform: at => orFailed(app.performAll(tenant, at)),
    outcomesWorthANight: () => outcomesWorthANight(labels),
    nextNight: after => momentAfter(app.nightly.schedule, after),
    nextLook: after => momentAfter(app.looks.schedule, after),
    silencesAfter: (at, answerAt) =>
      silenceDays
        .map(days => at + days * dayMs)
        .filter(until => answerAt > until)
        .map(until => sweepFrom(until))
        .filter(sweep => answerAt > sweep),
    async sweep(at) {
      await orFailed(
        app.silence.catchUp(tenant, at, {
          sweptAt: ended => new Date(sweepFrom(ended.getTime())),
          // Of outcomes no latency is kept.
          submit: told => core.run(told.map(one => ({ ...one, startedMs: 0 }))),
        }),
      )
    },
    nextTicks: after => nextTurn(pod.ticks, after),
    ticks: () => orFailed(app.runTicks()),
    async learn(at, signal) {
      await gatherStatistics(db)
      try {
        const nights = await runDirectly(app.nightly, at, tenants, signal)
        labels = await labelsLearned()
        const found = nights.find(night => night.pod === question.pod && night.question === question.name)
        return found === undefined ? 'not_worth_it' : nightOf(at, found.verdict)
      } catch (error) {
        if (signal?.aborted) return null
        throw error
      }
    },
    async look(at) {
      await runDirectly(app.looks, at, tenants)
      await core.active.refresh(tenant)
    },
    autonomy: () => db.transaction([tenant], handle => autonomyHistory(handle, tenant, question)),
    serving: () => registry.current(registry.scopeOf(tenant))?.model.digest ?? null,
    async saveCheckpoint(text) {
      if (options.resumable) await db.transaction([], handle => writeReplayCheckpoint(handle, text))
    },
    results: () => readDecided(db, tenant, question.pod),
  }
}

const dayMs = 86_400_000

/** Something may be done without a person. What is only left alone leaves nothing to do: see `actedUpon`. */
function mayAct({ core }: App, tenant: string, question: Question): boolean {
  return eachSide(core.active.snapshot().autonomy(tenant, question).sides).some(
    ({ action, mode, gate, suspended, certificate }) =>
      (action.certified.state === 'acted' || action.byRule.state === 'acted') &&
      mode === 'acting' &&
      !suspended &&
      (gate !== 'certified' || certificate !== null),
  )
}

function momentAfter(schedule: Schedule | null, after: number): number {
  const next = schedule === null ? null : nextMoment(schedule, new Date(after))
  return next === null ? Number.POSITIVE_INFINITY : next.getTime()
}

function lineFailed(cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new Error(`The line failed while the history was replayed: ${why}`, { cause })
}

function nightOf(at: Date, verdict: { readonly [name: string]: unknown }): NightVerdict {
  const { accepted, version, n_train, n_test, auc, auc_ci, sentence, checks, digest } = verdict as Partial<
    Omit<NightVerdict, 'at'>
  > & { readonly checks?: readonly NightCheck[] }
  return {
    at: at.toISOString(),
    version: version ?? 0,
    n_train: n_train ?? 0,
    n_test: n_test ?? 0,
    auc: auc ?? null,
    auc_ci: auc_ci ?? null,
    accepted: accepted === true,
    sentence: sentence ?? '',
    checks: checks ?? [],
    digest: digest ?? null,
  }
}
