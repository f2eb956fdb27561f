import type { Question } from '@surety/contract'
import type { Context } from '../../runtime/context.ts'
import { announce } from '../../store/autonomy-epochs.ts'
import type { Tx } from '../../store/db.ts'
import { tell } from '../../store/tell.ts'
import { settingRoutes } from './routes.ts'
import { type SettingsQuestion, settingsQuestions } from './setting-values.ts'
import { type SettingChange, settings } from './settings.ts'
import { tenantSettings } from './tenant-settings.ts'

interface SettingsNeeds {
  /** ISO 3166 alpha-2, in capitals. */
  isCountry(code: string): boolean
  /** What budgets are, and what follows when they change. */
  readonly autonomy: {
    budgets(question: Question): NonNullable<SettingsQuestion['budgets']>
    settingSaved(db: Tx, tenant: string, question: Question, change: SettingChange): Promise<void>
  }
}

/** Settings of tenants: a change is heard by every process with its commit, and published here after it. */
export function openSettings(
  ctx: Pick<Context, 'db' | 'now' | 'pods' | 'defaultPod' | 'audit' | 'events'>,
  { isCountry, autonomy }: SettingsNeeds,
) {
  const { pods, events } = ctx
  const service = settings({
    ...ctx,
    questions: pods.flatMap(pod =>
      settingsQuestions(pod).map((one, place) => ({ ...one, budgets: autonomy.budgets(pod.questions[place]!) })),
    ),
    whole: tenantSettings(isCountry),
    async announce(handle, tenant, change) {
      await tell(handle, 'surety_settings', tenant)
      const question = pods
        .flatMap(pod => [...pod.questions])
        .find(one => one.pod === change.pod && one.name === change.question)
      if (question === undefined) await announce(handle, tenant)
      else await autonomy.settingSaved(handle, tenant, question, change)
    },
  })
  const save: typeof service.save = async (actor, place, change) => {
    const answer = await service.save(actor, place, change)
    if (change.apply) await events.publish('settings.changed', { tenant: actor.tenant, name: place.name })
    return answer
  }
  const told = { ...service, save }
  return { service: told, routes: settingRoutes(told) }
}
