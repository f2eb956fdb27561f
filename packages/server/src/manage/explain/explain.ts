import {
  type Decision,
  type Explanation,
  intervalView,
  placeOf,
  type Question,
  questionOf,
  type Reason,
  reasonSentences,
  ruleVersionOf,
} from '@surety/contract'
import { Problem } from '../../errors.ts'
import type { Context } from '../../runtime/context.ts'
import { blindedOpinions } from '../../store/blinded-opinions.ts'
import { type Cut, certificateAt } from '../../store/certificates.ts'
import type { Reader } from '../../store/db.ts'
import { decisionTime } from '../../store/decision-time.ts'
import { findDecisionById } from '../../store/decisions.ts'
import { specsOf } from '../../store/feature-schemas.ts'
import { modelOfDecision } from '../../store/models.ts'
import { type PredictionRow, predictionsOf, shownPrediction } from '../../store/predictions.ts'
import { readShortfall } from '../../store/shortfalls.ts'
import { transitionsOf } from '../../store/transitions.ts'
import { conditionsOf, lackOf, six, wouldHaveBeen } from './conditions.ts'
import { explainModel } from './explain-model.ts'
import { wouldFlip } from './would-flip.ts'

/** Why a case ended as it did, and what would have made it end otherwise. */
export function explanations({ db, pods }: Pick<Context, 'db' | 'pods'>) {
  const names = pods.map(pod => pod.name)
  return {
    /** @throws Problem `decision_not_found`; `withheld_until_answered` while a person is to judge it unseen */
    async decision(tenant: string, id: string): Promise<Explanation> {
      const at = decisionTime(id)
      if (at === null) throw new Problem('decision_not_found')
      return db.read([tenant, '*'], async reader => {
        const decision = await findDecisionById(reader, tenant, names, id, at)
        if (decision === null) throw new Problem('decision_not_found')
        if ((await blindedOpinions(reader, tenant, decision.pod, [decision.caseId])).size > 0)
          throw new Problem('withheld_until_answered')
        const pod = pods.find(one => one.name === decision.pod)!
        return explain(reader, decision, questionOf(pod, decision.question))
      })
    },
  }
}

async function explain(db: Reader, decision: Decision, question: Question): Promise<Explanation> {
  const transitions = await transitionsOf(db, decision)
  const { modelDigest } = decision.score
  // It has one role as yet.
  const [acting = null] = await predictionsOf(db, decision)
  const actingDigest = acting?.score.modelDigest ?? modelDigest ?? ''
  const cut = await certificateAt(db, decision, actingDigest, decision.recordedAt)
  const lack = lackOf(await readShortfall(db, decision, modelDigest ?? ''))
  const model = modelDigest === null ? null : await modelOfDecision(db, decision.tenant, placeOf(question), modelDigest)
  const specs = await specsOf(db, decision.tenant, decision.pod, decision.schemaHash)
  const side = decision.action === question.actions.clear?.name ? 'clear' : 'act'
  const conditions = conditionsOf(decision, lack)
  const rule = ruleVersionOf(decision)
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
      ...(rule !== null && { rule_version: rule }),
      would_have_been: wouldHaveBeen(decision),
    },
    transitions: transitions.map(({ at, from, to, reason, actor }) => {
      return { at: at.toISOString(), from, ...ended(to, reason), actor }
    }),
    probability: decision.score.probability,
    interval: intervalView(decision.interval, decision.score.probability),
    ...(acting !== null && { acting: actingView(acting) }),
    why_not_automatic: conditions.map(condition => ({ ...condition, features: [...(condition.features ?? [])] })),
    distance: distances(decision, acting?.score.probability ?? decision.score.probability, cut, actingDigest),
    would_flip: [...wouldFlip({ decision, conditions, lack, side })],
    ...explainModel(decision, specs, model?.artefact ?? null, model?.scope === '*'),
  }
}

const ended = (state: string, reason: Reason) => ({ state, reason, reason_text: reasonSentences[reason] })

function actingView(acting: PredictionRow): NonNullable<Explanation['acting']> {
  const { role: _role, calibration_score: _score, calibrator: _calibrator, ...shown } = shownPrediction(acting)
  return shown
}

/**
 * Probability minus the cut, so that a negative figure is what was missing to reach it. Certificates go by the version that is acted
 * on: a record certifies cuts, whose place by another version than that of its certificate is known where it stood in the way.
 */
function distances(
  { score, threshold }: Decision,
  actingP: number | null,
  cut: Cut | null,
  actingDigest: string,
): Explanation['distance'] {
  const from = (p: number | null, limit: number | null): number | null =>
    p === null || limit === null ? null : six(p - limit)
  const missed = score.notes.find(({ code }) => code === 'uncertain')?.limit ?? null
  const certified = cut === null ? null : (missed ?? (cut.modelDigest === actingDigest ? cut.threshold : null))
  return {
    threshold,
    to_threshold: from(score.probability, threshold),
    certified_cut: certified,
    certified_below: cut?.below ?? null,
    to_certified: from(actingP, certified),
    certificate: cut?.id ?? null,
  }
}
