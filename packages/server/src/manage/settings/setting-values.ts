import {
  type FieldError,
  type Json,
  type JsonObject,
  mostSilenceDays,
  type Pod,
  type PodSettings,
  placeOf,
  type QuestionKey,
} from '@surety/contract'
import { Problem } from '../../errors.ts'

/** What a question says about its settings; those of its whole pod lie with the first one. */
export interface SettingsQuestion extends QuestionKey {
  /** The first of its pod. */
  readonly first: boolean
  /** Threshold of the plain rule, 0..1. */
  readonly threshold: number
  /** Days after which silence speaks; left out: it never does, whatever is set. */
  readonly silenceDays?: number
  /** Days before which no outcome is taken as settled. */
  readonly maturityFloorDays?: number
  readonly defaultSettings: PodSettings
  checkSettings(settings: PodSettings): readonly string[]
  /** What may be set of the budgets of its actions; without it there is no setting `autonomy`. */
  readonly budgets?: {
    readonly defaults: JsonObject
    /** The whole value, nothing left out, and what is wrong with what was given. */
    read(given: JsonObject): { readonly value: JsonObject; readonly errors: readonly FieldError[] }
  }
}

/** The questions of a pod as their settings see them. */
export const settingsQuestions = (pod: Pod): readonly SettingsQuestion[] =>
  pod.questions.map((question, place) => ({
    ...placeOf(question),
    first: place === 0,
    threshold: question.threshold,
    maturityFloorDays: question.maturityFloorDays ?? 0,
    ...(question.silence !== undefined && { silenceDays: question.silence.days }),
    defaultSettings: pod.defaultSettings,
    checkSettings: pod.checkSettings,
  }))

/**
 * `attributes`: the declared extra columns. `policy`: the threshold and the pod's other settings. `autonomy`: budgets, audit
 * rates and caps of the actions. `tenant`: what holds for all pods.
 */
export const settingNames = ['attributes', 'policy', 'autonomy', 'tenant'] as const
export type SettingName = (typeof settingNames)[number]

/** What counts while nobody has saved anything: version 0. */
export function defaultValue(pod: SettingsQuestion, name: SettingName): JsonObject {
  if (name === 'autonomy' || name === 'tenant') return pod.budgets?.defaults ?? {}
  const own = {
    threshold: pod.threshold,
    ...(pod.silenceDays !== undefined && { silence_days: pod.silenceDays }),
    ...(pod.maturityFloorDays !== undefined && { maturity_floor_days: pod.maturityFloorDays }),
  }
  if (!pod.first) return own
  const { attributes = [], ...others } = pod.defaultSettings
  return name === 'attributes' ? { attributes } : { ...own, ...others }
}

/** The settings as the pod reads them. */
export function podSettings(
  pod: SettingsQuestion,
  values: { readonly [name in SettingName]?: JsonObject },
): PodSettings {
  const { threshold: _, silence_days: __, maturity_floor_days: ___, ...others } = values.policy ?? {}
  return { ...pod.defaultSettings, ...others, ...values.attributes }
}

/**
 * The value to save: what is left out of a policy keeps its default.
 * @throws Problem `validation_failed` that names the bad part
 */
export function checkedValue(
  pod: SettingsQuestion,
  name: SettingName,
  given: JsonObject,
  others: { readonly [name in SettingName]?: JsonObject },
): JsonObject {
  if (name === 'autonomy' || name === 'tenant') return checkedBudgets(pod, given)
  const defaults = defaultValue(pod, name)
  const errors: FieldError[] = Object.keys(given)
    .filter(key => !Object.hasOwn(defaults, key))
    .map(key => ({ path: key.slice(0, 60), code: 'unknown', message: `${name} has no such setting` }))
  if (name === 'attributes' && given['attributes'] === undefined)
    errors.push({ path: 'attributes', code: 'missing', message: 'must be a list of { name, kind }' })
  const value = { ...defaults, ...given }
  const threshold = value['threshold']
  if (name === 'policy' && !(typeof threshold === 'number' && threshold >= 0 && threshold <= 1))
    errors.push({ path: 'threshold', code: 'range', message: 'must be a number from 0 to 1' })
  if (name === 'policy')
    for (const path of ['silence_days', 'maturity_floor_days'])
      if (Object.hasOwn(defaults, path) && !isDays(value[path]))
        errors.push({ path, code: 'range', message: `must be whole days from 0 to ${mostSilenceDays}` })
  for (const message of pod.checkSettings(podSettings(pod, { ...others, [name]: value })))
    errors.push({ path: name, code: 'invalid', message })
  if (errors.length > 0) throw new Problem('validation_failed', undefined, { errors })
  return value
}

const isDays = (given: Json | undefined): boolean =>
  typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= mostSilenceDays

function checkedBudgets({ budgets }: SettingsQuestion, given: JsonObject): JsonObject {
  if (budgets === undefined) throw new Problem('not_found')
  const { value, errors } = budgets.read(given)
  if (errors.length > 0) throw new Problem('validation_failed', undefined, { errors })
  return value
}
