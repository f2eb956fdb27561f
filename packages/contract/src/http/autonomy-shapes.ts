import Type from 'typebox'
import { AnyObject, Instant, Nullable, Probability } from './shapes.ts'

/** How far the machine may go. */
export const ModeWord = Type.Enum(['acting', 'asking', 'dry_run', 'stopped'])
/** What lets it act: a certificate, or the plain rule. */
export const GateWord = Type.Enum(['certified', 'threshold'])

const Count = Type.Integer({ minimum: 0 })

const CertificateInForce = Type.Object({
  id: Type.String(),
  threshold: Type.Number(),
  below: Nullable(Type.Number()),
  share: Nullable(Type.Number({ description: 'Of all cases; null: it was made of what was acted upon alone.' })),
  counts: AnyObject,
  upper: Type.Number({ description: 'Bound on the share of wrong ones.' }),
  attempt: Count,
  spending: Count,
  issued_at: Instant,
  expires_at: Instant,
})

const WaitingCertificate = Type.Object({
  id: Type.String(),
  threshold: Type.Number(),
  share: Nullable(Type.Number()),
  upper: Type.Number(),
  labelled_by: Type.Array(AnyObject, { description: 'Who told its labels, by share.' }),
  issued_at: Instant,
  expires_at: Instant,
})

const Shortfall = Type.Object({
  code: Type.String(),
  have: Type.Number(),
  need: Type.Number(),
  n: Count,
  as_of: Nullable(Instant),
  unlocks_from: Nullable(Type.Number()),
  share: Type.Optional(Nullable(Type.Number())),
  sentence: Type.String(),
})

const Attempts = Type.Object({
  n: Count,
  last: Nullable(
    Type.Object({
      attempt: Count,
      spending: Count,
      at: Instant,
      eligible: Count,
      delta: Type.Number(),
      due: Nullable(Type.String()),
      result: Nullable(Type.String()),
      sentence: Nullable(Type.String()),
    }),
  ),
})

const TripwireShape = Type.Object({
  audited: Count,
  wrong: Count,
  evidence: Type.Number(),
  limit: Type.Number(),
  delta: Type.Number(),
  armed: Type.Integer({ minimum: 0, description: 'How often it was armed: delta halves each time.' }),
  tripped: Type.Boolean(),
  catches_doubling_after: Type.Object({ audits: Nullable(Count), acts: Nullable(Count) }),
})

const AuditEstimate = Type.Object({
  value: Nullable(Type.Number()),
  lower: Nullable(Type.Number()),
  upper: Nullable(Type.Number()),
  level: Type.Number(),
  n: Count,
  audited: Count,
  why: Nullable(Type.String()),
})

const ActionOverview = Type.Object({
  action: Type.String(),
  side: Type.Enum(['act', 'clear']),
  mode: ModeWord,
  gate: GateWord,
  banner: Nullable(Type.Literal('uncertified')),
  changed: Nullable(Type.Object({ at: Instant, by: Type.String(), reason: Type.String() })),
  budget: Type.Object({
    alpha: Probability,
    delta: Probability,
    miss_budget: Nullable(Probability),
    accepted_by: Type.String(),
  }),
  costs: Type.Object({
    of_wrong: Type.Number(),
    of_review: Type.Number(),
    break_even_wrong_share: Nullable(Probability),
    saved_per_100_cases_at_least: Nullable(Type.Number()),
    note: Nullable(Type.String()),
  }),
  reversible: Type.Boolean(),
  cap_per_hour: Nullable(Type.Number()),
  audit_rate: Probability,
  suspended: Nullable(Type.Object({ at: Instant, why: Nullable(Type.String()) })),
  certificate: Nullable(CertificateInForce),
  first_certificate: Type.Enum(['use', 'accept']),
  /** A first certificate that an admin has to accept. */
  waiting: Nullable(WaitingCertificate),
  shortfall: Nullable(Shortfall),
  attempts: Attempts,
  tripwire: TripwireShape,
  audit_estimate: AuditEstimate,
})

const BulkCounts = Type.Object({
  own_case: Count,
  one_request: Count,
  one_minute: Count,
  inbox: Type.Integer({ minimum: 0, description: 'Answered together in the inbox.' }),
})

/** Who told the outcomes of one question. */
export const Labels = Type.Object({
  pod: Type.String(),
  question: Type.String(),
  outcomes: Count,
  since: Nullable(Instant),
  bulk: BulkCounts,
  budget: Type.Number({ description: 'The strictest error budget: what disagreement is held against.' }),
  labellers: Type.Array(
    Type.Object({
      key: Nullable(Type.String()),
      name: Nullable(Type.String()),
      system_of_record: Type.Boolean(),
      outcomes: Count,
      bulk: BulkCounts,
      audits: Nullable(
        Type.Object({
          n: Type.Integer({ minimum: 1, description: 'Cases that it and a blind audit of another key labelled.' }),
          disagree: Count,
          share: Probability,
          lower: Probability,
          upper: Probability,
          level: Probability,
        }),
      ),
      disagrees: Type.Boolean(),
    }),
  ),
})

/** How far the machine may go with one question, and on what that rests; every number with its n. */
export const QuestionOverview = Type.Object({
  pod: Type.String(),
  question: Type.String(),
  model: Nullable(Type.Object({ version: Type.Number(), digest: Type.String() })),
  floor: Type.Number({ description: 'The threshold of the operator.' }),
  maturity_days: Type.Number(),
  maturity_method: Type.String(),
  actions: Type.Array(ActionOverview, {
    description: 'The act side, then the clear side; a question may lack one of them.',
  }),
})
