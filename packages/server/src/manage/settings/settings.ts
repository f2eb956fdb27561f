import { canonical, type JsonObject, type PodSettings, type Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import type { Db } from '../../store/db.ts'
import { countFlips, insertSetting, latestSettings, lockSetting, type SettingRow } from '../../store/settings.ts'
import {
  changesOf,
  checkedValue,
  defaultValue,
  podSettings,
  type SettingName,
  type SettingsPod,
  settingNames,
} from './setting-values.ts'

/** What saving a setting takes. */
interface SettingsNeeds extends Pick<Context, 'now' | 'audit' | 'defaultPod'> {
  readonly pods: readonly SettingsPod[]
  /** What may be set for the tenant as a whole. */
  readonly whole: SettingsPod
  /** Tells the other replicas, inside the transaction, that this tenant's settings changed, and which. */
  announce(db: Db, tenant: string, change: SettingChange): Promise<void>
}

export interface SettingChange {
  readonly pod: string
  readonly name: SettingName
  readonly before: JsonObject
  readonly after: JsonObject
  readonly at: Date
}

/** One setting of one pod; the default pod where none is named. */
export interface SettingPlace {
  readonly pod?: string | undefined
  readonly name: string
}

export function settings(deps: Pick<Context, 'db'> & SettingsNeeds) {
  return {
    async get(tenant: string, { pod: podName, name }: SettingPlace): Promise<{ version: number; value: JsonObject }> {
      const pod = podOf(deps, podName, name)
      const known = settingName(pod, name)
      const current = await deps.db.transaction([tenant], db => readAll(db, tenant, pod))
      return current[known]
    },

    async put(
      actor: Principal,
      place: SettingPlace,
      given: JsonObject,
      apply: boolean,
      requestId: string,
    ): Promise<JsonObject> {
      return deps.db.transaction([actor.tenant], db => putSetting(deps, db, actor, place, given, apply, requestId))
    },
  }
}

/** Inside the given transaction: `apply` false only says what would change. */
export async function putSetting(
  deps: SettingsNeeds,
  db: Db,
  actor: Principal,
  { pod: podName, name }: SettingPlace,
  given: JsonObject,
  apply: boolean,
  requestId: string,
): Promise<JsonObject> {
  const pod = podOf(deps, podName, name)
  const known = settingName(pod, name)
  const { tenant } = actor
  if (apply) await lockSetting(db, tenant, pod.name, known)
  const current = await readAll(db, tenant, pod)
  const before = current[known]
  const others = { attributes: current.attributes.value, policy: current.policy.value }
  const value = checkedValue(pod, known, given, others)
  const changes = changesOf(before.value, value)
  // The order of attributes is the order of the features, so a new order is a change as well.
  const differs = canonical(before.value) !== canonical(value)
  const preview = {
    pod: pod.name,
    name,
    changes,
    ...(await effect(db, tenant, pod, deps.now(), before.value, value)),
  }
  if (!apply) return { ...preview, applied: false, version: before.version, value }
  if (!differs) return { ...preview, applied: true, version: before.version, value }
  const at = deps.now()
  const version = before.version + 1
  await insertSetting(db, { tenant, pod: pod.name, name, version, value }, `key:${actor.keyId}`, at)
  await deps.announce(db, tenant, { pod: pod.name, name: known, before: before.value, after: value, at })
  await deps.audit(db, {
    tenant,
    at,
    actor: `key:${actor.keyId}`,
    action: 'settings.changed',
    before: before.value,
    after: value,
    requestId,
    detail: { pod: pod.name, name, version },
  })
  return { ...preview, applied: true, version, value }
}

/** What a snapshot of the line needs of one tenant and pod. */
export interface CurrentSettings {
  readonly settings: PodSettings
  readonly policy: { readonly version: number; readonly threshold: number }
}

/** The settings of several tenants in one query, for every pod: `tenant -> pod name -> settings`. */
export async function loadSettings(
  db: Db,
  tenants: readonly string[],
  pods: readonly SettingsPod[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, CurrentSettings>>> {
  const rows = await latestSettings(db, tenants)
  return new Map(
    tenants.map(tenant => [
      tenant,
      new Map(
        pods.map(pod => {
          const { attributes, policy } = pick(rows, tenant, pod)
          const settings = podSettings(pod, { attributes: attributes.value, policy: policy.value })
          const threshold = policy.value['threshold']
          return [
            pod.name,
            {
              settings,
              policy: {
                version: policy.version,
                threshold: typeof threshold === 'number' ? threshold : pod.threshold,
              },
            },
          ]
        }),
      ),
    ]),
  )
}

type Versioned = { readonly version: number; readonly value: JsonObject }

async function readAll(db: Db, tenant: string, pod: SettingsPod): Promise<{ [name in SettingName]: Versioned }> {
  return pick(await latestSettings(db, [tenant]), tenant, pod)
}

function pick(rows: readonly SettingRow[], tenant: string, pod: SettingsPod): { [name in SettingName]: Versioned } {
  const of = (name: SettingName): Versioned => {
    const row = rows.find(one => one.tenant === tenant && one.pod === pod.name && one.name === name)
    return { version: row?.version ?? 0, value: row?.value ?? defaultValue(pod, name) }
  }
  return { attributes: of('attributes'), policy: of('policy'), autonomy: of('autonomy'), tenant: of('tenant') }
}

/** For a new threshold: what it would have meant for the newest 1,000 decisions. */
async function effect(
  db: Db,
  tenant: string,
  pod: SettingsPod,
  at: Date,
  before: JsonObject,
  after: JsonObject,
): Promise<JsonObject> {
  const [from, to] = [before['threshold'], after['threshold']]
  if (typeof from !== 'number' || typeof to !== 'number' || from === to) return {}
  const { cases, above_before, above_after } = await countFlips(db, tenant, pod.name, from, to)
  return { effect: { cases, above_before, above_after, as_of: at.toISOString() } }
}

const podOf = (
  deps: Pick<SettingsNeeds, 'pods' | 'whole' | 'defaultPod'>,
  pod: string | undefined,
  name: string,
): SettingsPod => (name === 'tenant' ? deps.whole : podNamed(deps, pod))

function podNamed(
  { pods, defaultPod }: Pick<SettingsNeeds, 'pods' | 'defaultPod'>,
  name: string = defaultPod,
): SettingsPod {
  const pod = pods.find(one => one.name === name)
  if (pod !== undefined) return pod
  const message = `there is no such pod; the pods are ${pods.map(one => one.name).join(', ')}`
  throw new Problem('validation_failed', undefined, { errors: [{ path: 'pod', code: 'unknown', message }] })
}

/** Not every pod has every setting: columns that are declared beside a pod's own are an affair of the pod. */
function settingName(pod: SettingsPod, name: string): SettingName {
  if (name === 'tenant') return name
  const known = settingNames.find(one => one === name)
  const had = {
    attributes: Object.hasOwn(pod.defaultSettings, 'attributes'),
    policy: true,
    autonomy: pod.budgets !== undefined,
    tenant: false,
  }
  if (known !== undefined && had[known]) return known
  const names = settingNames.filter(one => had[one])
  throw new Problem('not_found', `${pod.name} has no settings of this name; it has ${names.join(', ')}.`)
}
