import Type from 'typebox'
import { admins, enveloped, type Route } from './route.ts'
import { IdParams, Instant } from './shapes.ts'

const Why = Type.Object({
  reason: Type.String({
    minLength: 1,
    maxLength: 500,
    description: 'Written into the audit log, where nothing is ever erased: name nobody in it.',
  }),
})
const Erased = {
  erased_at: Instant,
  records: Type.Integer({ minimum: 0, description: 'Decisions whose features and enrichment went.' }),
  cancelled: Type.Integer({ minimum: 0, description: 'Acts that had not been performed.' }),
  again: Type.Boolean({ description: 'true: it had been erased before.' }),
}
const common = {
  method: 'DELETE',
  area: 'Erasure',
  roles: admins,
  query: Why,
  group: 'v1',
  idempotent: true,
} as const

/** The right to be forgotten, for leads. */
export const leadErasureRoutes = {
  eraseLead: {
    ...common,
    path: '/v1/lead/{id}',
    summary: 'Erase what is known of the person of a lead',
    description:
      'Contact, text, tokens, features, search words and what was not done yet. How the lead was decided and ended stays, so that books, receipts and certificates hold; the audit log keeps the id. A second erasure changes nothing.',
    params: IdParams,
    answers: [enveloped(Type.Object({ lead_id: Type.String(), ...Erased }), 'Erased')],
    problems: ['lead_not_found', 'validation_failed', 'reason_required'],
  },
} as const satisfies { readonly [name: string]: Route }

/** The same for the cases of any pod. */
export const erasureRoutes = {
  eraseCase: {
    ...common,
    path: '/v1/cases/{pod}/{id}',
    summary: 'Erase what is known of the person of a case, of whichever pod',
    description: 'As for leads. An event that other cases hang on goes with the last of them.',
    params: Type.Object({ pod: Type.String({ minLength: 1, maxLength: 64 }), ...IdParams.properties }),
    answers: [enveloped(Type.Object({ pod: Type.String(), case_id: Type.String(), ...Erased }), 'Erased')],
    problems: ['case_not_found', 'validation_failed', 'reason_required'],
  },
} as const satisfies { readonly [name: string]: Route }
