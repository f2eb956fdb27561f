import type { Reason } from '@surety/contract'
import type { Bounded, Decided, Ids, Snapshot } from './item.ts'

/**
 * Where each item ends. No action holds a certificate yet, so every item is queued for a person, with the reason that
 * stands first: nothing can be scored, enrichment is off, or the action is not certified.
 */
export function decide(items: readonly Bounded[], snapshot: Snapshot, ids: Ids): readonly Decided[] {
  return items.map(item => {
    const policy = snapshot.policy(item.raw.tenant, item.pod)
    const probability = item.score.probability
    const [act, clear] = item.pod.actions
    return {
      ...item,
      verdict: {
        decisionId: ids.uuid(item.recordedAt),
        policyVersion: policy.version,
        threshold: policy.threshold,
        action: (probability !== null && probability < policy.threshold ? clear : act)?.name ?? 'ask',
        mode: 'acting',
        gate: 'certified',
        automatic: false,
        // A person sees every case, whatever its score.
        propensity: 1,
        state: 'queued',
        reason: reasonOf(item, snapshot),
      },
    }
  })
}

function reasonOf(item: Bounded, snapshot: Snapshot): Reason {
  if (!snapshot.enrichment && item.pod.hasContacts) return 'enrichment_off'
  return item.cannot ?? 'not_certified'
}
