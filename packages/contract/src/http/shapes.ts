import Type, { type TSchema } from 'typebox'
import { hangings } from '../cases.ts'

/** ISO 8601 in UTC, as every time in an answer is written unless it is an epoch number. */
export const Instant = Type.String({ format: 'date-time' })
/** How a field says that it takes what `readGivenTime` reads. */
export const givenTimeWords = 'ISO 8601 with offset, from 1970 to 2100'
/** A time that a caller gives. It is read by `readGivenTime`, which says more than a schema could. */
export const GivenTime = (description: string) =>
  Type.String({ minLength: 1, maxLength: 40, description: `${description} ${givenTimeWords}.`.trim() })
/** T or null. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** 0..1; on the wire `pred_prob` has three decimals. */
export const Probability = Type.Number({ minimum: 0, maximum: 1 })
/** Any JSON object. */
export const AnyObject = Type.Record(Type.String(), Type.Unknown())
/** Whole number from `low` to `high` with a default, as it is written in a query. */
export const Limit = (low: number, high: number, preset: number) =>
  Type.Optional(Type.Integer({ minimum: low, maximum: high, default: preset }))

/** A text in a query that is looked for: PostgreSQL has none with a NUL in it. */
export const Sought = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$', description }))
/** A group as it is shown: its name, a colon, its key. */
export const SoughtGroup = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 170,
      pattern: '^[a-z][a-z0-9_]{0,39}:[^\\u0000]{1,128}$',
      description,
      examples: ['site:S1'],
    }),
  )

/** Id of a lead or case in a path. */
export const IdParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 512 }) })

/** Why a change is made; it is written into the audit log. */
export const ReasonText = Type.String({ maxLength: 500 })

/** One message of a conversation, redacted. */
export const MessageShape = Type.Object({
  ts: Instant,
  role: Type.String(),
  text: Type.String(),
  pii: Type.Record(Type.String(), Type.String()),
})

/** The bounds of a probability; everything is null without a calibrator, and `reason` says why. */
export const IntervalShape = Type.Object({
  prediction_lower_bound: Nullable(Probability),
  prediction_upper_bound: Nullable(Probability),
  confidence_interval_width: Nullable(Probability),
  is_narrow_interval: Nullable(Type.Boolean({ description: 'Width strictly below .2.' })),
  calibrated_probability: Nullable(Probability),
  calibration_score: Nullable(Type.Number({ description: '1 - expected calibration error, cross-fitted.' })),
  method: Nullable(Type.String()),
  calibration_size: Type.Integer({ minimum: 0 }),
  level: Nullable(
    Type.Number({ description: 'null: Venn-Abers bounds promise calibration and carry no coverage level.' }),
  ),
  label_set: Nullable(
    Type.Array(Type.Enum(['no', 'yes']), { description: 'Labels still plausible at 90 % per class.' }),
  ),
  absolute_residual: Nullable(
    Type.Array(Type.Object({ level: Type.Number(), lower: Probability, upper: Probability }), {
      description: 'Split conformal on |p - y| at 90, 95 and 99 %: reported, never acted on.',
    }),
  ),
  reason: Nullable(Type.String({ description: 'no_calibration or no_score where there are no bounds.' })),
})

/** How the machine ended a case, as every answer shows it. While a person is to judge it unseen, what would tell is `withheld` or null. */
export const DecisionShape = Type.Object({
  id: Type.String(),
  state: Type.String(),
  reason: Type.String(),
  reason_text: Type.String(),
  threshold: Nullable(Type.Number()),
  interval: Nullable(IntervalShape),
  mode: Type.String(),
  certified: Nullable(Type.Boolean()),
  followups: Type.Array(AnyObject),
})

/** One of the decisions on an event. */
export const QuestionDecision = Type.Object({
  question: Type.String(),
  about: Type.Optional(
    Nullable(Type.String({ description: 'About whom it was asked; null: whom the event is about.' })),
  ),
  case_id: Type.Optional(Nullable(Type.String({ description: 'The case it hangs on; null: on none.' }))),
  hung: Type.Optional(Nullable(Type.Enum([...hangings], { description: 'What it did to its case.' }))),
  rule_version: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Of the rule that was asked for a score, as no model serves.' }),
  ),
  ...DecisionShape.properties,
})

/** The same as the case stands now. */
export const LeadDecisionShape = Type.Object({
  ...DecisionShape.properties,
  opinion: Type.Enum(['shown', 'withheld']),
  action: Type.String(),
  automatic: Nullable(Type.Boolean()),
  propensity: Nullable(Probability),
  recorded_at: Instant,
  schema_hash: Type.String(),
  features: AnyObject,
  model_version: Nullable(Type.Number()),
  model_digest: Nullable(Type.String()),
  notes: Type.Array(
    Type.Object({
      code: Type.String(),
      features: Type.Optional(Type.Array(Type.String())),
      detail: Type.Optional(Type.String()),
      value: Type.Optional(Type.Number({ description: 'The number that was compared.' })),
      limit: Type.Optional(Type.Number({ description: 'What it was compared with.' })),
    }),
  ),
})

/** What became of a lead, as it was reported. */
export const OutcomeShape = Type.Object({
  outcome: Type.String(),
  label: Nullable(Type.Union([Type.Literal(0), Type.Literal(1)])),
  source: Type.String(),
  notes: Nullable(Type.String()),
  time_to_conversion: Nullable(Type.Number({ description: 'seconds' })),
  occurred_at: Instant,
  recorded_at: Instant,
})

/** One lead in a list. Contact fields are masked for everybody. */
export const LeadShape = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  phone: Nullable(Type.String()),
  email: Nullable(Type.String()),
  details: Type.String(),
  tenant: Type.String(),
  created_at: Instant,
  intent: Type.String(),
  sentiment: Type.String(),
  urgency: Type.String(),
  score: Type.Number(),
  pred_prob: Nullable(Probability),
  outcome: Nullable(Type.String()),
  last_messages: Type.Array(MessageShape, { maxItems: 3 }),
})

const shortName = { minLength: 1, maxLength: 64 }

/** Which question is meant. */
export const questionNamed = (podDefault: string, questionDefault: string) => ({
  pod: Type.Optional(Type.String({ ...shortName, description: podDefault })),
  question: Type.Optional(Type.String({ ...shortName, description: questionDefault })),
})
export const ofQuestion = questionNamed('Default: the pod of the lead endpoints.', 'Default: the first of the pod.')
