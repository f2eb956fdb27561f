import type { Answered, Principal } from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { TrustedKeys } from '../../model/signature.ts'
import { type Named, questionsMeant } from '../../request/questions-meant.ts'
import type { Context } from '../../runtime/context.ts'
import { findCertificate } from '../../store/certificates.ts'
import { accept } from './accept.ts'
import { acceptImport } from './accept-import.ts'
import type { Asker, AutonomyDeps } from './deps.ts'
import { readCertificate, verifyCertificate } from './document.ts'
import { labellersOf } from './labellers.ts'
import { changeModes, type ModeChange } from './modes.ts'
import { overviewOf } from './overview.ts'
import { type ActionOfPod, rearm } from './rearm.ts'

/** Each question has the floor of the configuration as its threshold; reasons are kept and shown, so they are redacted. */
export interface AutonomyParts extends AutonomyDeps, Pick<Context, 'now' | 'pods' | 'redact'> {
  readonly trusted: TrustedKeys
  /** Called after a change: this process need not wait for the notice. */
  readonly changed: (tenant: string) => Promise<void>
}

function checkId(id: string): void {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw new Problem('certificate_not_found')
}

/** What the HTTP door asks about autonomy. */
export function autonomy(deps: AutonomyParts) {
  const { db, pods, now } = deps
  const askerOf = async (actor: Principal, reason: string, requestId: string): Promise<Asker> => {
    return { actor: `key:${actor.keyId}`, reason: (await deps.redact(actor.tenant, reason)).trim(), requestId }
  }
  return {
    async overview(tenant: string, of: Named): Promise<Answered<'getAutonomy'>> {
      const at = now()
      const found = []
      for (const one of questionsMeant(pods, of))
        found.push(await db.transaction([tenant], handle => overviewOf(handle, tenant, one, at)))
      return { pods: found, as_of: at.toISOString() }
    },

    async labels(tenant: string, of: Named): Promise<Answered<'getLabels'>> {
      const at = now()
      const items = []
      for (const one of questionsMeant(pods, of))
        items.push(await db.read([tenant], reader => labellersOf(reader, tenant, one)))
      return { items, next: null, as_of: at.toISOString() }
    },

    async certificate(tenant: string, id: string): Promise<Answered<'getCertificate'>> {
      checkId(id)
      const kept = await db.transaction([tenant], handle => findCertificate(handle, tenant, id))
      if (kept === null) throw new Problem('certificate_not_found')
      const signed = readCertificate(kept.document)
      const { ok, why } = verifyCertificate(signed, deps.trusted)
      const state =
        kept.revokedAt !== null
          ? 'revoked'
          : kept.expiresAt <= now()
            ? 'expired'
            : !kept.serves
              ? 'other_model'
              : kept.replaced
                ? 'replaced'
                : kept.waits && kept.acceptedAt === null
                  ? 'waiting'
                  : 'in_force'
      return {
        document: signed.document,
        digest: signed.digest,
        signature: { ...signed.signature },
        verdict: {
          ok,
          why,
          state,
          revoked_at: kept.revokedAt?.toISOString() ?? null,
          revoked_reason: kept.revokedReason,
          accepted:
            kept.acceptedAt === null
              ? null
              : { at: kept.acceptedAt.toISOString(), by: kept.acceptedBy ?? '', reason: kept.acceptedReason ?? '' },
        },
      }
    },

    async accept(
      actor: Principal,
      id: string,
      reason: string,
      requestId: string,
    ): Promise<Answered<'acceptCertificate'>> {
      checkId(id)
      const answer = await accept(deps, actor.tenant, id, await askerOf(actor, reason, requestId), now())
      await deps.changed(actor.tenant)
      return answer
    },

    async acceptImport(
      actor: Principal,
      key: string | null,
      reason: string,
      requestId: string,
    ): Promise<Answered<'acceptImport'>> {
      return await acceptImport(deps, actor.tenant, key, await askerOf(actor, reason, requestId), now())
    },

    async setMode(
      actor: Principal,
      change: ModeChange,
      reason: string,
      requestId: string,
    ): Promise<Answered<'setMode'>> {
      const by = { ...(await askerOf(actor, reason, requestId)), role: actor.role }
      const at = now()
      const items = await changeModes(deps, actor.tenant, pods, change, by, at)
      await deps.changed(actor.tenant)
      return { items, as_of: at.toISOString() }
    },

    async rearm(
      actor: Principal,
      named: ActionOfPod,
      reason: string,
      requestId: string,
    ): Promise<Answered<'rearmAction'>> {
      const answer = await rearm(deps, actor.tenant, pods, named, await askerOf(actor, reason, requestId), now())
      await deps.changed(actor.tenant)
      return answer
    },
  }
}
