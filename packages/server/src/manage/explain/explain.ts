import {
  type Decision,
  type Explanation,
  type FeatureSpec,
  intervalView,
  type Pod,
  type Reason,
  reasonSentences,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Database, Db } from '../../store/db.ts'
import { findDecisionById } from '../../store/decisions.ts'
import { conditionsOf, six, wouldHaveBeen } from './conditions.ts'
import { decisionTime } from './decision-time.ts'
import { explainModel } from './explain-model.ts'
import { type Cut, cutAt, isWithheld, lackOf, modelText, specsOf, transitionsOf } from './explain-rows.ts'
import { wouldFlip } from './would-flip.ts'

export interface ExplainDeps {
  readonly db: Database
  readonly pods: readonly Pick<Pod, 'name' | 'modelScope' | 'actions'>[]
}

/** Why a case ended as it did, and what would have made it end otherwise. */
export function explanations({ db, pods }: ExplainDeps) {
  const names = pods.map(pod => pod.name)
  return {
    /** @throws Problem `decision_not_found`; `withheld_until_answered` while a person is to judge it unseen */
    async decision(tenant: string, id: string): Promise<Explanation> {
      const at = decisionTime(id)
      if (at === null) throw new Problem('decision_not_found')
      return db.transaction([tenant, '*'], async handle => {
        const decision = await findDecisionById(handle, tenant, names, id, at)
        if (decision === null) throw new Problem('decision_not_found')
        if (await isWithheld(handle, decision)) throw new Problem('withheld_until_answered')
        return explain(handle, decision, pods.find(pod => pod.name === decision.pod)!)
      })
    },
  }
}

async function explain(db: Db, decision: Decision, pod: ExplainDeps['pods'][number]): Promise<Explanation> {
  const transitions = await transitionsOf(db, decision)
  const cut = await cutAt(db, decision)
  const lack = await lackOf(db, decision)
  const scope = pod.modelScope === 'all' ? '*' : decision.tenant
  const { modelDigest } = decision.score
  const text = modelDigest === null ? null : await modelText(db, { scope, pod: pod.name }, modelDigest)
  const specs: readonly FeatureSpec[] = await specsOf(db, decision)
  const side = decision.action === pod.actions.clear.name ? 'clear' : 'act'
  const conditions = conditionsOf(decision, lack)
  const last = transitions.at(-1)
  return {
    id: decision.id,
    case_id: decision.caseId,
    pod: decision.pod,
    recorded_at: decision.recordedAt.toISOString(),
    final: ended(last?.to ?? decision.state, last?.reason ?? decision.reason),
    decided: {
      ...ended(decision.state, decision.reason),
      action: decision.action,
      side,
      automatic: decision.automatic,
      mode: decision.mode,
      gate: decision.gate,
      propensity: decision.propensity,
      audited: decision.audited,
      certificate: decision.certificate,
      policy_version: decision.policyVersion,
      threshold: decision.threshold,
      model_version: decision.score.modelVersion,
      model_digest: modelDigest,
      would_have_been: wouldHaveBeen(decision),
    },
    transitions: transitions.map(({ at, from, to, reason, actor }) => {
      return { at: at.toISOString(), from, ...ended(to, reason), actor }
    }),
    probability: decision.score.probability,
    interval: intervalView(decision.interval, decision.score.probability),
    why_not_automatic: conditions.map(condition => ({ ...condition, features: [...(condition.features ?? [])] })),
    distance: distances(decision, cut),
    would_flip: [...wouldFlip({ decision, conditions, lack, side })],
    ...explainModel(decision, specs, text, scope === '*'),
  }
}

const ended = (state: string, reason: Reason) => ({ state, reason, reason_text: reasonSentences[reason] })

/** Probability minus the cut, so that a negative figure is what was missing to reach it. */
function distances({ score, threshold }: Decision, cut: Cut | null): Explanation['distance'] {
  const p = score.probability
  const from = (limit: number | null): number | null => (p === null || limit === null ? null : six(p - limit))
  return {
    threshold,
    to_threshold: from(threshold),
    certified_cut: cut?.threshold ?? null,
    certified_below: cut?.below ?? null,
    to_certified: from(cut?.threshold ?? null),
    certificate: cut?.certificate ?? null,
  }
}
