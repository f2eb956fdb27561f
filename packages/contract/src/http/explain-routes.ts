import Type, { type Static } from 'typebox'
import { enveloped, type Route, readers, type Shown } from './route.ts'
import { Instant, IntervalShape, Nullable, Probability } from './shapes.ts'

const ended = {
  state: Type.String(),
  reason: Type.String(),
  reason_text: Type.String(),
}
const Value = Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()])

/** Why a case ended as it did, why nothing was done by itself, and what would have changed that. */
export const ExplanationShape = Type.Object({
  id: Type.String(),
  case_id: Type.String(),
  pod: Type.String(),
  recorded_at: Instant,
  final: Type.Object(ended, { description: 'Where the case stands now, after everything that came later.' }),
  decided: Type.Object({
    ...ended,
    action: Type.String(),
    side: Type.Enum(['act', 'clear']),
    automatic: Type.Boolean(),
    mode: Type.String(),
    gate: Type.String(),
    propensity: Type.Number({ description: 'Probability with which a person was to see this case.' }),
    audited: Type.Boolean(),
    certificate: Nullable(Type.String()),
    policy_version: Type.Integer(),
    threshold: Probability,
    model_version: Nullable(Type.Number()),
    model_digest: Nullable(Type.String()),
    rule_version: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Of the rule that scored it, as no model served; left out: none did.' }),
    ),
    would_have_been: Nullable(Type.Object({ state: Type.String(), reason: Type.String() })),
  }),
  transitions: Type.Array(Type.Object({ at: Instant, from: Type.String(), ...ended, actor: Type.String() }), {
    description: 'What people and time made of the case since, oldest first.',
  }),
  probability: Nullable(Probability),
  interval: IntervalShape,
  acting: Type.Optional(
    Type.Object(
      {
        model_version: Type.Number(),
        model_digest: Type.String(),
        probability: Nullable(Probability),
        cannot: Nullable(Type.String({ description: 'Why it has no probability.' })),
        lower: Nullable(Probability),
        upper: Nullable(Probability),
        calibrated_probability: Nullable(Probability),
        calibration_size: Type.Integer({ minimum: 0 }),
      },
      {
        description:
          'What the version that is acted on said, where it is another one than the model that serves: certificates go by it.',
      },
    ),
  ),
  why_not_automatic: Type.Array(
    Type.Object({
      code: Type.String(),
      sentence: Type.String(),
      value: Nullable(Type.Number()),
      limit: Nullable(Type.Number()),
      distance: Nullable(Type.Number({ minimum: 0 })),
      features: Type.Array(Type.String()),
    }),
    { description: 'Every condition that failed, the reason first; empty for what was done by itself.' },
  ),
  distance: Type.Object({
    threshold: Probability,
    to_threshold: Nullable(Type.Number({ description: 'Probability minus threshold.' })),
    certified_cut: Nullable(Probability),
    certified_below: Nullable(Probability),
    to_certified: Nullable(
      Type.Number({
        description: 'Probability minus the cut of the certificate in force, by the version that is acted on.',
      }),
    ),
    certificate: Nullable(Type.String()),
  }),
  would_flip: Type.Array(Type.String(), { description: 'One plain fact for every condition that failed.' }),
  single_changes: Type.Array(
    Type.Object({
      feature: Type.String(),
      from: Value,
      way: Type.Enum(['at_least', 'at_most', 'one_of']),
      values: Type.Array(Value),
    }),
    {
      description:
        'Values of one feature that alone would move the probability across the threshold, as training saw them.',
    },
  ),
  explanation: Type.Union([
    Type.Object({
      available: Type.Literal(true),
      sentence: Type.String(),
      method: Type.String(),
      unit: Type.String({ description: 'log-odds' }),
      baseline: Type.Enum(['training_mean', 'zero']),
      base: Type.Number(),
      margin: Type.Number({ description: 'base + all contributions, within 1e-9' }),
      probability: Probability,
      features: Type.Array(
        Type.Object({ feature: Type.String(), value: Value, contribution: Type.Number(), direction: Type.String() }),
        { maxItems: 5 },
      ),
      rest: Type.Number({ description: 'Contributions of the features that are not listed, together.' }),
    }),
    Type.Object({ available: Type.Literal(false), sentence: Type.String() }),
  ]),
})

export type Explanation = Shown<Static<typeof ExplanationShape>>

/** Decisions, explained. */
export const explainRoutes = {
  explainDecision: {
    method: 'GET',
    path: '/v1/decisions/{id}/explain',
    area: 'Decisions',
    summary: 'Why a case ended as it did, why nothing was done by itself, and what would change that',
    description:
      'Contributions say what a score is associated with, never what caused an outcome. While a person is to judge the case without the opinion of the machine, the answer is withheld_until_answered.',
    roles: readers,
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 64, description: 'Id of the decision.' }) }),
    answers: [enveloped(ExplanationShape, 'The explanation')],
    problems: ['decision_not_found', 'withheld_until_answered'],
    group: 'v1',
    idempotent: false,
  },
} as const satisfies { readonly [name: string]: Route }
