import {
  type Answered,
  canonical,
  type JsonObject,
  type Pod,
  type PodSettings,
  type Principal,
  type QuestionKey,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import type { Db } from '../../store/db.ts'
import { countFlips, insertSetting, latestSettings, lockSetting, type SettingRow } from '../../store/settings.ts'
import { changesOf, mergedValue, unnamedOf } from './setting-changes.ts'
import {
  checkedValue,
  defaultValue,
  podSettings,
  type SettingName,
  type SettingsQuestion,
  settingNames,
  settingsQuestions,
} from './setting-values.ts'

/** What saving a setting takes. */
interface SettingsNeeds extends Pick<Context, 'now' | 'audit' | 'defaultPod'> {
  readonly questions: readonly SettingsQuestion[]
  /** What may be set for the tenant as a whole. */
  readonly whole: SettingsQuestion
  /** Tells the other replicas, inside the transaction, that this tenant's settings changed, and which. */
  announce(db: Db, tenant: string, change: SettingChange): Promise<void>
}

export interface SettingChange {
  readonly pod: string
  readonly question: string
  readonly name: SettingName
  readonly before: JsonObject
  readonly after: JsonObject
  readonly at: Date
}

/** One setting of one question; the first of its pod, and the default pod, where none is named. */
export interface SettingPlace {
  readonly pod?: string | undefined
  readonly question?: string | undefined
  readonly name: string
}

/** What somebody asks to be saved. */
export interface GivenChange {
  readonly given: JsonObject
  /** What is not named: `defaults`: goes back to its default; `kept`: stays as it is. */
  readonly rest: 'defaults' | 'kept'
  /** Left out: nothing that was set may be lost for not being named. */
  readonly reset?: boolean | undefined
  /** The version that the asker knows; left out: whatever is there is changed. */
  readonly version?: number | undefined
  /** false: only what would change is said. */
  readonly apply: boolean
  readonly requestId: string
}

type SavedSetting = Answered<'putSettings'>

export function settings(deps: Pick<Context, 'db'> & SettingsNeeds) {
  return {
    async get(tenant: string, place: SettingPlace): Promise<{ version: number; value: JsonObject }> {
      const question = questionMeant(deps, place)
      const known = settingName(question, place.name)
      const current = await deps.db.transaction([tenant], db => readAll(db, tenant, question))
      return current[known]
    },

    async save(actor: Principal, place: SettingPlace, change: GivenChange): Promise<SavedSetting> {
      return deps.db.transaction([actor.tenant], db => saveSetting(deps, db, actor, place, change))
    },
  }
}

/**
 * Inside the given transaction.
 * @throws Problem `validation_failed`, `setting_changed`, `setting_would_be_lost`
 */
export async function saveSetting(
  deps: SettingsNeeds,
  db: Db,
  actor: Principal,
  place: SettingPlace,
  { given, rest, reset = false, version: knownVersion, apply, requestId }: GivenChange,
): Promise<SavedSetting> {
  const question = questionMeant(deps, place)
  const { name } = place
  const known = settingName(question, name)
  const { tenant } = actor
  const key = { pod: question.pod, question: question.question }
  if (apply) await lockSetting(db, tenant, key, known)
  const current = await readAll(db, tenant, question)
  const before = current[known]
  if (knownVersion !== undefined && knownVersion !== before.version)
    throw new Problem('setting_changed', `It is of version ${before.version} by now: read it again and send that.`)
  const others = { attributes: current.attributes.value, policy: current.policy.value }
  const value = checkedValue(question, known, rest === 'kept' ? mergedValue(before.value, given) : given, others)
  const changes = changesOf(before.value, value)
  const lost = unnamedOf(changes, given)
  // The order of attributes is the order of the features, so a new order is a change as well.
  const differs = canonical(before.value) !== canonical(value)
  const preview = {
    ...key,
    name,
    changes,
    ...(lost.length > 0 && { reset: lost.map(({ path }) => path) }),
    previous: before,
    ...(await effect(db, tenant, key, deps.now(), before.value, value)),
  }
  if (apply && !reset && lost.length > 0)
    throw new Problem('setting_would_be_lost', undefined, {
      errors: lost.map(({ path, before: set, after }) => ({
        path,
        code: 'unnamed',
        message: `is ${JSON.stringify(set)} and would go back to ${JSON.stringify(after)}`,
      })),
    })
  if (!apply) return { ...preview, applied: false, version: before.version, value }
  if (!differs) return { ...preview, applied: true, version: before.version, value }
  const at = deps.now()
  const version = before.version + 1
  await insertSetting(db, { tenant, ...key, name, version, value }, `key:${actor.keyId}`, at)
  await deps.announce(db, tenant, { ...key, name: known, before: before.value, after: value, at })
  await deps.audit(db, {
    tenant,
    at,
    actor: `key:${actor.keyId}`,
    action: 'settings.changed',
    before: before.value,
    after: value,
    requestId,
    detail: { ...key, name, version },
  })
  return { ...preview, applied: true, version, value }
}

/** What a snapshot of the line needs of one tenant and pod; policies by the name of the question. */
export interface CurrentSettings {
  readonly settings: PodSettings
  readonly policies: ReadonlyMap<string, { readonly version: number; readonly threshold: number }>
}

/** The settings of several tenants in one query, for every pod: `tenant -> pod name -> settings`. */
export async function loadSettings(
  db: Db,
  tenants: readonly string[],
  pods: readonly Pod[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, CurrentSettings>>> {
  const rows = await latestSettings(db, tenants)
  return new Map(
    tenants.map(tenant => [
      tenant,
      new Map(
        pods.map(pod => {
          const questions = settingsQuestions(pod)
          const [first] = questions
          const { attributes, policy } = pick(rows, tenant, first!)
          const settings = podSettings(first!, { attributes: attributes.value, policy: policy.value })
          return [
            pod.name,
            { settings, policies: new Map(questions.map(one => [one.question, policyOf(rows, tenant, one)])) },
          ]
        }),
      ),
    ]),
  )
}

function policyOf(rows: readonly SettingRow[], tenant: string, question: SettingsQuestion) {
  const { version, value } = pick(rows, tenant, question).policy
  const { threshold } = value
  return { version, threshold: typeof threshold === 'number' ? threshold : question.threshold }
}

type Versioned = { readonly version: number; readonly value: JsonObject }

async function readAll(
  db: Db,
  tenant: string,
  question: SettingsQuestion,
): Promise<{ [name in SettingName]: Versioned }> {
  return pick(await latestSettings(db, [tenant]), tenant, question)
}

function pick(
  rows: readonly SettingRow[],
  tenant: string,
  question: SettingsQuestion,
): { [name in SettingName]: Versioned } {
  const of = (name: SettingName): Versioned => {
    const row = rows.find(
      one =>
        one.tenant === tenant && one.pod === question.pod && one.question === question.question && one.name === name,
    )
    return { version: row?.version ?? 0, value: row?.value ?? defaultValue(question, name) }
  }
  return { attributes: of('attributes'), policy: of('policy'), autonomy: of('autonomy'), tenant: of('tenant') }
}

/** For a new threshold: what it would have meant for the newest 1,000 decisions. */
async function effect(
  db: Db,
  tenant: string,
  key: QuestionKey,
  at: Date,
  before: JsonObject,
  after: JsonObject,
): Promise<Pick<SavedSetting, 'effect'>> {
  const [from, to] = [before['threshold'], after['threshold']]
  if (typeof from !== 'number' || typeof to !== 'number' || from === to) return {}
  const { cases, above_before, above_after } = await countFlips(db, tenant, key, from, to)
  return { effect: { cases, above_before, above_after, as_of: at.toISOString() } }
}

/** @throws Problem `validation_failed` of the field `pod` or `question`, which says the names there are */
function questionMeant(
  { questions, whole, defaultPod }: Pick<SettingsNeeds, 'questions' | 'whole' | 'defaultPod'>,
  { pod = defaultPod, question, name }: SettingPlace,
): SettingsQuestion {
  if (name === 'tenant') return whole
  const ofPod = questions.filter(one => one.pod === pod)
  if (ofPod.length === 0) throw unknown('pod', [...new Set(questions.map(one => one.pod))])
  const found = question === undefined ? ofPod[0] : ofPod.find(one => one.question === question)
  if (found !== undefined) return found
  throw unknown(
    'question',
    ofPod.map(one => one.question),
  )
}

const unknown = (path: 'pod' | 'question', names: readonly string[]): Problem =>
  new Problem('validation_failed', undefined, {
    errors: [{ path, code: 'unknown', message: `there is no such ${path}; the ${path}s are ${names.join(', ')}` }],
  })

/** Not every question has every setting: columns that are declared beside a pod's own are an affair of the pod. */
function settingName(question: SettingsQuestion, name: string): SettingName {
  if (name === 'tenant') return name
  const known = settingNames.find(one => one === name)
  const had = {
    attributes: question.first && Object.hasOwn(question.defaultSettings, 'attributes'),
    policy: true,
    autonomy: question.budgets !== undefined,
    tenant: false,
  }
  if (known !== undefined && had[known]) return known
  const names = settingNames.filter(one => had[one])
  throw new Problem('not_found', `${question.pod} has no settings of this name; it has ${names.join(', ')}.`)
}
