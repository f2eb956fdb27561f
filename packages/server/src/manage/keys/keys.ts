import type { Grant, KeyView, Principal, Role } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import {
  anyKey,
  deleteKey,
  insertKey,
  type KeyRow,
  listKeys,
  lockFirstKey,
  lockKey,
  tenantOfKey,
  updateKey,
} from '../../store/api-keys.ts'
import type { Database, Db } from '../../store/db.ts'
import { quotasToday } from '../../store/key-quotas.ts'
import { tell } from '../../store/tell.ts'
import { ensureTenant } from '../../store/tenants.ts'
import { makeApiKey, makeSecret } from './api-key.ts'
import { authentication } from './authenticate.ts'
import { checkKeyFields, platform } from './key-input.ts'
import { describeKey, viewKey } from './view-key.ts'

type KeysContext = Pick<Context, 'db' | 'now' | 'audit'>

export interface NewKey {
  readonly tenant: string
  readonly role: Role
  readonly name: string
  readonly limits?: { readonly [group: string]: number } | undefined
  /** Left out: as many as the limits of its minutes let in. */
  readonly dailyQuota?: number | undefined
  /** Left out: none. */
  readonly grants?: readonly Grant[] | undefined
  /** Left out: the rules for labels in bulk bind it. */
  readonly systemOfRecord?: boolean | undefined
  readonly expiresAt?: Date | undefined
}

export interface KeyChange {
  readonly enabled?: boolean
  readonly name?: string
  readonly limits?: { readonly [group: string]: number }
  readonly dailyQuota?: number | null
  readonly grants?: readonly Grant[]
  readonly systemOfRecord?: boolean
  readonly expiresAt?: Date | null
}

export interface Rotation {
  /** So long the secret of before stays good; left out: a day. */
  readonly overlapSeconds?: number | undefined
  readonly reason?: string | undefined
  readonly requestId?: string | undefined
}

const usualOverlapSeconds = 86_400
/** Of a key, good or ended: whoever rotates it more often ends the oldest. */
const mostOldSecrets = 10

/** A key is another one now, by its id: every process forgets what it knows of it. */
export const keyChannel = 'surety_keys'

/**
 * The API keys of a tenant, as administrators manage them and as the door checks them.
 * @param unspent what this process has in hand of the daily quota of a key
 */
export function keys(deps: KeysContext, monotonicMs?: () => number, unspent: (keyId: string) => number = () => 0) {
  const { forget, ...door } = authentication(deps.db, deps.now, monotonicMs)

  /** Of their quotas. */
  async function usedToday(db: Db, tenant: string): Promise<(id: string) => number> {
    const handed = await quotasToday(db, tenant)
    return id => Math.max(0, (handed.get(id) ?? 0) - unspent(id))
  }

  return {
    ...door,
    forget,

    async list(tenant: string): Promise<readonly KeyView[]> {
      return deps.db.transaction([tenant], async db => {
        const used = await usedToday(db, tenant)
        return (await listKeys(db, tenant)).map(row => viewKey(row, deps.now(), used(row.id)))
      })
    },

    async create(
      actor: Principal,
      input: Omit<NewKey, 'tenant'> & { readonly tenant?: string },
    ): Promise<{ key: string; view: KeyView }> {
      const tenant = input.tenant ?? actor.tenant
      if (tenant === platform) throw new Problem('forbidden', 'Platform keys are made on the command line only.')
      if (actor.tenant !== platform && tenant !== actor.tenant)
        throw new Problem('forbidden', 'This key may make keys for its own tenant only.')
      return createKey(deps, `key:${actor.keyId}`, { ...input, tenant })
    },

    async update(actor: Principal, id: string, change: KeyChange): Promise<KeyView> {
      checkKeyFields(change)
      const tenant = await tenantFor(deps.db, actor, id)
      const view = await deps.db.transaction([tenant], async db => {
        const before = await lockKey(db, tenant, id)
        if (before === null) throw new Problem('key_not_found')
        const after: KeyRow = {
          ...before,
          name: change.name ?? before.name,
          limits: change.limits ?? before.limits,
          dailyQuota: change.dailyQuota === undefined ? before.dailyQuota : change.dailyQuota,
          grants: change.grants === undefined ? before.grants : onceEach(change.grants),
          systemOfRecord: change.systemOfRecord ?? before.systemOfRecord,
          enabled: change.enabled ?? before.enabled,
          expiresAt: change.expiresAt === undefined ? before.expiresAt : change.expiresAt,
        }
        await updateKey(db, after)
        await tell(db, keyChannel, id)
        const used = await usedToday(db, tenant)
        await deps.audit(db, entry(deps, actor, 'key.updated', tenant, id, before, after))
        return viewKey(after, deps.now(), used(id))
      })
      forget(id)
      return view
    },

    /** A new secret for the same key; the one of before stays good for the overlap, and those before it no longer than that. */
    async rotate(actor: Principal, id: string, rotation: Rotation): Promise<{ key: string; view: KeyView }> {
      checkKeyFields(rotation)
      const { overlapSeconds = usualOverlapSeconds, reason, requestId } = rotation
      const tenant = await tenantFor(deps.db, actor, id)
      const now = deps.now()
      const until = new Date(now.getTime() + overlapSeconds * 1000).toISOString()
      const made = await deps.db.transaction([tenant], async db => {
        const before = await lockKey(db, tenant, id)
        if (before === null) throw new Problem('key_not_found')
        const { key, secretHash } = makeSecret(id)
        const older = before.oldSecrets.map(old => (old.until < until ? old : { ...old, until }))
        const replaced = { sha256: before.secretHash.toString('hex'), until }
        const oldSecrets = [replaced, ...older].slice(0, mostOldSecrets)
        const after: KeyRow = { ...before, secretHash, rotatedAt: now, oldSecrets }
        await updateKey(db, after)
        await tell(db, keyChannel, id)
        const used = await usedToday(db, tenant)
        const told = entry(deps, actor, 'key.rotated', tenant, id, before, after)
        const detail = { ...told.detail, old_secret_good_until: until }
        await deps.audit(db, { ...told, reason, requestId, detail })
        return { key, view: viewKey(after, now, used(id)) }
      })
      forget(id)
      return made
    },

    async remove(actor: Principal, id: string): Promise<void> {
      const tenant = await tenantFor(deps.db, actor, id)
      await deps.db.transaction([tenant], async db => {
        const before = await lockKey(db, tenant, id)
        if (before === null) throw new Problem('key_not_found')
        await deleteKey(db, tenant, id)
        await tell(db, keyChannel, id)
        await deps.audit(db, entry(deps, actor, 'key.removed', tenant, id, before, null))
      })
      forget(id)
    },
  }
}

/**
 * Makes a key without asking who may: for the command line and the first start. Tenant `*` is the platform.
 * @param before what belongs to the same transaction
 */
export async function createKey(
  deps: KeysContext,
  actor: string,
  input: NewKey,
  before?: (db: Db) => Promise<void>,
): Promise<{ key: string; view: KeyView }> {
  checkKeyFields(input)
  return deps.db.transaction([input.tenant], async db => {
    await before?.(db)
    return addKey(deps, db, actor, input)
  })
}

/** The admin key of an empty installation, to be shown once; null when any key exists. */
export async function ensureFirstKey(deps: KeysContext, tenant: string): Promise<string | null> {
  return deps.db.transaction([tenant], async db => {
    await lockFirstKey(db)
    if (await anyKey(db)) return null
    const made = await addKey(deps, db, 'system', {
      tenant,
      role: 'admin',
      name: 'first start',
      grants: ['pii'],
    })
    return made.key
  })
}

async function addKey(
  deps: KeysContext,
  db: Db,
  actor: string,
  input: NewKey,
): Promise<{ key: string; view: KeyView }> {
  const { key, id, secretHash } = makeApiKey()
  const row: KeyRow = {
    tenant: input.tenant,
    id,
    secretHash,
    role: input.role,
    name: input.name,
    limits: input.limits ?? {},
    dailyQuota: input.dailyQuota ?? null,
    grants: onceEach(input.grants ?? []),
    systemOfRecord: input.systemOfRecord ?? false,
    enabled: true,
    createdAt: deps.now(),
    expiresAt: input.expiresAt ?? null,
    rotatedAt: null,
    oldSecrets: [],
  }
  if (input.tenant !== platform) await ensureTenant(db, input.tenant, row.createdAt)
  await insertKey(db, row)
  await deps.audit(db, {
    tenant: input.tenant,
    at: row.createdAt,
    actor,
    action: 'key.created',
    after: { ...describeKey(row) },
    detail: { key_id: id, role: row.role, grants: [...row.grants], ...marked(false, row) },
  })
  return { key, view: viewKey(row, row.createdAt) }
}

const onceEach = (grants: readonly Grant[]): readonly Grant[] => [...new Set(grants)].sort()

/** A platform key may manage every tenant's keys; any other sees only those of its own. */
async function tenantFor(db: Database, actor: Principal, id: string): Promise<string> {
  if (actor.tenant !== platform) return actor.tenant
  const tenant = await db.transaction([], handle => tenantOfKey(handle, id))
  if (tenant === null) throw new Problem('key_not_found')
  return tenant
}

function entry(
  deps: KeysContext,
  actor: Principal,
  action: string,
  tenant: string,
  id: string,
  before: KeyRow,
  after: KeyRow | null,
) {
  return {
    tenant,
    at: deps.now(),
    actor: `key:${actor.keyId}`,
    action,
    before: { ...describeKey(before) },
    after: after === null ? undefined : { ...describeKey(after) },
    detail: { key_id: id, ...marked(before.systemOfRecord, after) },
  }
}

/** Said in words, since only digests are kept of a key before and after. */
const marked = (before: boolean, after: KeyRow | null) =>
  after === null || after.systemOfRecord === before ? {} : { system_of_record: after.systemOfRecord }
