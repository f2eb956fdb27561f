import Type from 'typebox'
import { AnyObject, Instant, Nullable, Probability } from './shapes.ts'

/** How far the machine may go. */
export const ModeWord = Type.Enum(['acting', 'asking', 'dry_run', 'stopped'])
/** What lets it act: a certificate, or the plain rule. */
export const GateWord = Type.Enum(['certified', 'threshold'])

const Count = Type.Integer({ minimum: 0 })

const Cut = Type.Integer({ minimum: 0, maximum: 63, description: 'Of 64, the loosest first: 1.1^-k of all decisions.' })

const CertificateInForce = Type.Object({
  id: Type.String(),
  record: Nullable(Type.String({ description: 'Its record; null: it is of one model alone, from before records.' })),
  cut: Nullable(
    Type.Object(
      { certified: Cut, acted: Nullable(Cut) },
      {
        description:
          'The loosest cut certified, and the loosest of those at which the acting version passes; none: people are asked.',
      },
    ),
  ),
  threshold: Nullable(
    Type.Number({
      description: 'Score of the acting version at the cut acted on, or the stricter threshold of the operator.',
    }),
  ),
  below: Nullable(Type.Number()),
  share: Nullable(
    Type.Number({
      description:
        "Of the newest decisions that this version made, when it was issued: those at or beyond the threshold and the operator's, which meet what else the action asks; null: unknown.",
    }),
  ),
  counts: Type.Object(
    { n: Count, accepted: Count, wrong: Count },
    {
      additionalProperties: true,
      description: 'Labelled cases it stands on, those inside the region, and the wrong ones of these.',
    },
  ),
  upper: Type.Number({ description: 'Bound on the average share of wrong ones.' }),
  issued_at: Instant,
  expires_at: Instant,
})

const WaitingCertificate = Type.Object({
  id: Type.String(),
  threshold: Nullable(Type.Number()),
  share: Nullable(Type.Number()),
  upper: Type.Number(),
  labelled_by: Type.Array(AnyObject, { description: 'Who told its labels, by share.' }),
  issued_at: Instant,
  expires_at: Instant,
})

const Shortfall = Type.Object({
  code: Type.String({
    description:
      'no_model, no_record, too_few_labels, not_enough_evidence (more are wrong than the budget allows, of too few to say that it stays so), error_too_high, too_few_positives, miss_budget or incomplete_labels.',
  }),
  have: Type.Number(),
  need: Type.Number(),
  n: Count,
  as_of: Nullable(Instant),
  unlocks_from: Nullable(Type.Number()),
  share: Type.Optional(
    Type.Union([Type.Number(), Type.Null()], {
      description:
        "Of the newest 2,000 decisions: those inside the cut where the walk begins and at or beyond the operator's threshold, which meet what else the action asks; null: unknown.",
    }),
  ),
  sentence: Type.String(),
})

/** The evidence on one action over all versions, as of the last look. */
const RecordShape = Type.Object({
  id: Type.String(),
  begun_at: Instant,
  why: Type.String({ description: 'first, quarter, suspension, upgrade or history.' }),
  cut: Type.Integer({
    minimum: 0,
    maximum: 63,
    description: 'The loosest that it certifies; where it certifies none, the one where its walk begins.',
  }),
  share: Probability,
  rows: Type.Integer({ minimum: 0, description: 'All that it counts.' }),
  in_region: Type.Integer({ minimum: 0, description: 'Inside this cut.' }),
  wrong: Count,
  positives: Count,
  evidence: Type.Number({ description: 'ln of the weighted evidence at this cut.' }),
  limit: Type.Number({ description: 'ln 1/delta, which it has to reach.' }),
  upper: Type.Number({ description: 'Largest average share of wrong ones that is not ruled out.' }),
  miss_upper: Nullable(Type.Number()),
  delta: Type.Number({ description: 'Halved by each suspension, and by each change of the budget.' }),
})

/** What the cases that a version was not fitted on say of it. */
const CheckShape = Type.Object({
  version: Type.Number(),
  checked_at: Instant,
  rows: Type.Integer({ minimum: 0, description: 'Those it was held against: the newest 2,000.' }),
  unseen: Type.Integer({ minimum: 0, description: 'All of them then.' }),
  next_at: Type.Integer({ minimum: 0, description: 'It is looked at again once there are so many.' }),
  passes_from: Nullable(
    Type.Integer({ minimum: 0, maximum: 63, description: 'The loosest cut at which it passes; null: at none.' }),
  ),
})

const Asked = Type.Number({
  minimum: 0,
  maximum: 100,
  description: 'Of 100 cases those that a person looks at, with the other action as it stands.',
})

/** What is settled by now, and what would be: expectations by the rule that certifies, and no promises. */
const OutlookShape = Type.Object({
  share: Type.Union([Probability], { description: 'Of all cases, done by itself by now; what remains is asked.' }),
  asked_per_100: Asked,
  with_more_labels: Type.Array(
    Type.Object({
      more: Type.Integer({ minimum: 1, description: 'Labelled cases beside those counted.' }),
      share: Probability,
      asked_per_100: Asked,
    }),
  ),
  with_other_budgets: Type.Array(Type.Object({ alpha: Probability, share: Probability, asked_per_100: Asked }), {
    description: 'On the same cases; another budget halves delta.',
  }),
  unlock: Nullable(
    Type.Object(
      {
        reviews: Type.Integer({
          minimum: 1,
          description: 'Of cases with a score from `from` to `to`, whichever come first.',
        }),
        from: Type.Number(),
        to: Type.Number(),
        share: Type.Union([Probability], { description: 'Of all cases, which would be done by itself then.' }),
      },
      { description: 'How many reviews certify something, or something looser; null: not to be had as it goes now.' },
    ),
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
  acts: Nullable(
    Type.Object(
      { seen: Count, wrong: Count, evidence: Type.Number() },
      {
        description:
          'A second wire beside that of the audits, with the same limit: fed with every act, since their labels are complete; null: they are not.',
      },
    ),
  ),
  catches_doubling_after: Type.Object(
    { audits: Nullable(Count), acts: Nullable(Count) },
    { description: 'From now on, if twice the budget is wrong.' },
  ),
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
  /** The record in charge; null: none has begun. */
  record: Nullable(RecordShape),
  check: Type.Object({ acting: Nullable(CheckShape), champion: Nullable(CheckShape) }),
  /** null: no record has begun. */
  outlook: Nullable(OutlookShape),
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
  acting: Nullable(
    Type.Object(
      { version: Type.Number(), digest: Type.String(), since: Nullable(Instant) },
      {
        description:
          'The version whose scores are acted on: the newest promoted one, unless a certificate is in force and that one has not passed its check yet.',
      },
    ),
  ),
  floor: Type.Number({ description: 'The threshold of the operator.' }),
  maturity_days: Type.Number(),
  maturity_method: Type.String(),
  actions: Type.Array(ActionOverview, {
    description: 'The act side, then the clear side; a question may lack one of them.',
  }),
})
