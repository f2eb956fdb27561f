import { gauge } from '../../metrics/register.ts'
import { publicTextsOf, readSigningKey } from '../../model/signature.ts'
import { signerOf } from '../../model/signer.ts'
import type { Context } from '../../runtime/context.ts'
import { platform, type Task } from '../../runtime/task.ts'
import { unsignedSince } from '../../store/audit.ts'
import { tenantsOf } from '../../store/tenants.ts'
import { type AuditKeys, checkAndSign } from './check-and-sign.ts'

/** @param trustedText MODEL_TRUSTED_KEYS: whoever changes the signing key lists the old one there */
export function auditKeys(signingKey: string, trustedText: string): AuditKeys {
  const own = readSigningKey(signingKey)
  return { signer: signerOf(own), trusted: publicTextsOf(own, trustedText) }
}

/** Turns between two looks at what is not signed: five minutes. */
const unsignedTurns = 20

/** The audit log looks after itself: every chain is walked once a day, and its end is signed where it holds together. */
export function openAudit({
  db,
  metrics,
  figures,
  secrets,
  config,
  log,
}: Pick<Context, 'db' | 'metrics' | 'secrets'> &
  Partial<Pick<Context, 'log'>> & {
    readonly figures: Pick<Context['figures'], 'add'>
    readonly config: Pick<Context['config'], 'modelTrustedKeys'>
  }): {
  readonly tasks: readonly Task[]
} {
  const chainOk = gauge(metrics, 'audit_chain_ok')
  chainOk.remove()
  const unsigned = gauge(metrics, 'audit_unsigned_since_ts')
  figures.add(async () => {
    const tenants = await db.transaction([], tenantsOf)
    const since = await db.read([...tenants, '*'], unsignedSince)
    unsigned.set(since === null ? 0 : since.getTime() / 1000)
  }, unsignedTurns)
  const keys = auditKeys(secrets.modelSigningKey, config.modelTrustedKeys)
  return {
    tasks: [
      {
        name: 'audit-self-check',
        schedule: { cron: '30 4 * * *', timeZone: 'UTC' },
        // One gauge for all: a second try walks all of them too.
        whole: true,
        async run(at, _signal, eachTenant) {
          let sound = true
          const whole = await eachTenant(async tenant => {
            const verdict = await checkAndSign(db, tenant, keys, at)
            sound &&= verdict.ok
            if (!verdict.ok) log?.('audit_broken', { tenant, seq: verdict.seq, why: verdict.why })
          }, platform)
          // A chain that could not be read says nothing: what was broken before is not said to be sound by others.
          if (!sound) chainOk.set(0)
          else if (whole) chainOk.set(1)
        },
      },
    ],
  }
}
