import Type from 'typebox'
import { GateWord, Labels, ModeWord, QuestionOverview } from './autonomy-shapes.ts'
import { admins, enveloped, operators, type Route, readers } from './route.ts'
import { AnyObject, IdParams, Instant, Nullable, questionNamed } from './shapes.ts'

const Reason = Type.String({ minLength: 1, maxLength: 500, description: 'Why; written into the audit log.' })
const ActionName = Type.String({ minLength: 1, maxLength: 64 })

/** What the machine may do by itself. */
export const ModeBody = Type.Object(
  {
    action: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'The name of an action, or * for all. May be left out where the mode is stopped: then all are.',
      }),
    ),
    ...questionNamed('Default: every pod with the action.', 'Default: every question with the action.'),
    mode: Type.Optional(ModeWord),
    gate: Type.Optional(GateWord),
    reason: Reason,
  },
  { additionalProperties: false },
)
const ActionBody = Type.Object(
  {
    action: ActionName,
    ...questionNamed('Default: the pod that has the action.', 'Default: the question that has the action.'),
    reason: Reason,
  },
  { additionalProperties: false },
)

const Accepted = Type.Object({ at: Instant, by: Type.String(), reason: Type.String() })

const area = 'Autonomy'

/** Modes, certificates, tripwires. */
export const autonomyRoutes = {
  getAutonomy: {
    method: 'GET',
    path: '/ops/autonomy',
    area,
    summary: 'How far the machine may go with each action, and on how much that rests',
    roles: readers,
    query: Type.Object(questionNamed('Default: all of them.', 'Default: all of them.')),
    answers: [
      enveloped(
        Type.Object({ pods: Type.Array(QuestionOverview), as_of: Instant }),
        'Per question and action: mode, gate, budget, certificate or what it lacks, record, checks of versions, tripwire, estimate from audits',
      ),
    ],
    problems: ['validation_failed'],
    group: 'ops',
    idempotent: false,
  },
  getCertificate: {
    method: 'GET',
    path: '/ops/certificates/{id}',
    area,
    summary: 'A certificate with its signature, and whether it verifies and counts',
    roles: readers,
    params: IdParams,
    answers: [
      enveloped(
        Type.Object({
          document: AnyObject,
          digest: Type.String(),
          signature: AnyObject,
          verdict: Type.Object({
            ok: Type.Boolean(),
            why: Type.String(),
            state: Type.Enum(['in_force', 'waiting', 'replaced', 'other_model', 'expired', 'revoked']),
            revoked_at: Nullable(Instant),
            revoked_reason: Nullable(Type.String()),
            accepted: Nullable(Accepted),
          }),
        }),
        'The document is what was signed: Ed25519 over the SHA-256 digest of its canonical JSON (RFC 8785)',
      ),
    ],
    problems: ['certificate_not_found'],
    group: 'ops',
    idempotent: false,
  },
  getLabels: {
    method: 'GET',
    path: '/ops/labels',
    area,
    summary:
      'Who told the newest outcomes, how many count as given in bulk and why, and whose labels are not those of audits',
    description:
      'The newest 20,000 outcomes of each question. A key is held against the blind audits of others: cases that both labelled. It disagrees when, of 10 cases or more, the lower bound of the share of other labels is above the strictest error budget.',
    roles: readers,
    query: Type.Object(questionNamed('Default: all of them.', 'Default: all of them.')),
    answers: [enveloped(Type.Object({ items: Type.Array(Labels), next: Type.Null(), as_of: Instant }), 'Per question')],
    problems: ['validation_failed'],
    group: 'ops',
    idempotent: false,
  },
  acceptCertificate: {
    method: 'POST',
    path: '/ops/certificates/{id}/accept',
    area,
    summary:
      'Accept the first certificate of an action, where the setting first_certificate says that it waits for that',
    description: 'Look at who labelled first: labelled_by of the certificate. Certificates after it wait for nobody.',
    roles: admins,
    params: IdParams,
    body: {
      schema: Type.Object({ reason: Reason }, { additionalProperties: false }),
      required: true,
      checked: 'door',
      example: { reason: 'the labels are those of our CRM' },
    },
    answers: [
      enveloped(
        Type.Object({ id: Type.String(), action: Type.String(), accepted: Accepted }),
        'It may be acted on now',
      ),
    ],
    problems: ['certificate_not_found', 'certificate_not_waiting', 'validation_failed', 'reason_required'],
    group: 'ops',
    idempotent: true,
  },
  acceptImport: {
    method: 'POST',
    path: '/ops/autonomy/accept-import',
    area,
    summary: 'Take what a key imported until now as the own history of the tenant, which a record may begin with',
    description:
      "What an admin's key imported needs none. None of the rules for labels in bulk binds what is accepted, and the next training begins the first record of each action with it, unless that has counted a case by then.",
    roles: admins,
    body: {
      schema: Type.Object(
        {
          key: Nullable(
            Type.String({
              minLength: 1,
              maxLength: 64,
              description: 'Its id; null: imported by no key that is known.',
            }),
          ),
          reason: Reason,
        },
        { additionalProperties: false },
      ),
      required: true,
      checked: 'door',
      example: { key: 'k7r2m9q4', reason: 'the export of our old CRM, checked on Monday' },
    },
    answers: [
      enveloped(
        Type.Object({
          key: Nullable(Type.String()),
          outcomes: Type.Integer({ description: 'Imported by it until now.' }),
          bulk: Type.Integer({ description: 'Of them those that counted as given in bulk.' }),
          first: Instant,
          last: Instant,
          accepted: Accepted,
        }),
        'What was accepted',
      ),
    ],
    problems: ['import_not_found', 'validation_failed', 'reason_required'],
    group: 'ops',
    idempotent: true,
  },
  setMode: {
    method: 'POST',
    path: '/ops/mode',
    area,
    summary: 'Set how far the machine goes by itself; a stop reaches every process in under a second',
    description:
      'Operators may lower (acting to asking, dry_run or stopped); only admins may raise a mode or set the gate threshold, which acts by the plain rule without a certificate.',
    roles: operators,
    body: {
      schema: ModeBody,
      required: true,
      checked: 'door',
      example: { action: '*', mode: 'stopped', reason: 'wrong prices in the price list' },
    },
    answers: [
      enveloped(
        Type.Object({
          items: Type.Array(
            Type.Object({
              pod: Type.String(),
              question: Type.String(),
              action: Type.String(),
              mode: ModeWord,
              gate: GateWord,
              changed: Type.Boolean(),
            }),
          ),
          as_of: Instant,
        }),
        'What holds now',
      ),
    ],
    problems: ['validation_failed', 'reason_required'],
    group: 'ops',
    neverLimited: { field: 'mode', value: 'stopped' },
    idempotent: true,
  },
  rearmAction: {
    method: 'POST',
    path: '/ops/autonomy/rearm',
    area,
    summary: 'Put an action that the tripwire suspended to work again',
    description:
      'Needs a certificate of the record that began with the suspension, at half the delta; without one the action stays suspended. The tripwire starts afresh with half the delta it had.',
    roles: admins,
    body: {
      schema: ActionBody,
      required: true,
      checked: 'door',
      example: { action: 'start_followup', reason: 'the broken form was repaired on Monday' },
    },
    answers: [
      enveloped(
        Type.Object({
          pod: Type.String(),
          question: Type.String(),
          action: Type.String(),
          suspended: Type.Literal(false),
          certificate: AnyObject,
        }),
        'The certificate that allows it',
      ),
    ],
    problems: ['not_suspended', 'needs_certificate', 'validation_failed', 'reason_required'],
    group: 'ops',
    idempotent: true,
  },
  restartAttempts: {
    method: 'POST',
    path: '/ops/autonomy/restart-attempts',
    area,
    summary: 'Gone: looking at a record spends nothing, so there is nothing to begin anew',
    roles: admins,
    body: {
      schema: ActionBody,
      required: true,
      checked: 'door',
      example: { action: 'skip_followup', reason: 'new price list: earlier attempts were about other offers' },
    },
    answers: [enveloped(AnyObject, 'Never: it answers 410 attempts_are_gone')],
    problems: ['attempts_are_gone', 'validation_failed'],
    group: 'ops',
    idempotent: true,
  },
} as const satisfies { readonly [name: string]: Route }
