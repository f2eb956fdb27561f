import Type from 'typebox'
import { enveloped, operators, type Route, readers } from './route.ts'
import { AnyObject, GivenTime, Instant, Limit, Nullable, ReasonText } from './shapes.ts'

const KindParams = Type.Object({ kind: Type.String({ minLength: 1, maxLength: 64 }) })
const EntityParams = Type.Object({ ...KindParams.properties, id: Type.String({ minLength: 1, maxLength: 200 }) })

const PodName = Type.Optional(
  Type.String({ minLength: 1, maxLength: 64, description: 'Only where several pods have this kind.' }),
)
const Cursor = Type.Optional(Type.String({ minLength: 1, maxLength: 1000 }))
const AsOf = Type.Optional(GivenTime('What holds at this time. Default: known_at, else now.'))
const KnownAt = Type.Optional(GivenTime('As it was known then. Default: as it is known now.'))
const EffectiveFrom = Type.Optional(
  GivenTime('From when on it holds, or always. Default: now; of an id that was never there, always.'),
)
const Version = Type.Integer({
  minimum: 0,
  description: 'latest_version as you read it; another one by now is refused.',
})

const EffectiveShape = {
  effective_from: Nullable(Type.String({ format: 'date-time', description: 'null: always' })),
  effective_until: Nullable(Type.String({ format: 'date-time', description: 'null: nothing later is known' })),
}
const EntityFields = {
  id: Type.String(),
  version: Type.Integer({ minimum: 1, description: 'Which change of this entity what is shown comes from.' }),
  ...EffectiveShape,
  value: AnyObject,
}
const PlaceFields = { pod: Type.String(), kind: Type.String() }
const ChangeNumber = Type.Integer({
  minimum: 0,
  description: 'The last change of the reference data of the pod that this answer knows of.',
})
const OneEntity = Type.Object({
  ...PlaceFields,
  ...EntityFields,
  latest_version: Type.Integer({ minimum: 1, description: 'What a change must name.' }),
  change: ChangeNumber,
})
const WrittenEntity = Type.Object({
  ...OneEntity.properties,
  changed: Type.Boolean({ description: 'false: it was so already, and nothing was written.' }),
  ignored: Type.Array(Type.String(), { description: 'Fields that this kind does not have.' }),
})

/** A new entity, by the fields of its kind. */
const NewEntityBody = Type.Object(
  { value: AnyObject, effective_from: EffectiveFrom, reason: Type.Optional(ReasonText) },
  { additionalProperties: false },
)
/** The whole entity as it is from then on. */
const EntityBody = Type.Object(
  { value: AnyObject, version: Version, effective_from: EffectiveFrom, reason: Type.Optional(ReasonText) },
  { additionalProperties: false },
)

const ImportShape = Type.Object({
  ...PlaceFields,
  dry_run: Type.Boolean(),
  rows: Type.Integer({ minimum: 0 }),
  created: Type.Integer({ minimum: 0 }),
  changed: Type.Integer({ minimum: 0 }),
  unchanged: Type.Integer({ minimum: 0 }),
  ended: Type.Integer({ minimum: 0, description: 'Rows of which only the end is new.' }),
  refused: Type.Integer({ minimum: 0, description: 'Rows with a mistake.' }),
  errors: Type.Array(
    Type.Object({
      row: Type.Integer({ minimum: 0, description: 'From 1; 0: the header.' }),
      column: Nullable(Type.String()),
      code: Type.String(),
      message: Type.String(),
    }),
    { description: 'At most 1,000.' },
  ),
  more_errors: Type.Integer({ minimum: 0 }),
  ignored: Type.Array(Type.String(), { description: 'Columns that this kind does not have.' }),
  change: Nullable(Type.Integer({ description: 'null: nothing was written.' })),
})

const area = 'Reference data'
const common = { area, group: 'v1' } as const
const read = { ...common, method: 'GET', roles: readers, idempotent: false } as const
const write = { ...common, roles: operators, idempotent: true } as const
const example = { code: 'T7', room: 'kitchen', target: 21 }

/** What operators maintain, with the time from which it holds and the time from which it was known. */
export const entityRoutes = {
  listEntityKinds: {
    ...read,
    path: '/v1/entities',
    summary: 'Kinds of reference data, with the columns of their files',
    answers: [
      enveloped(
        Type.Object({
          items: Type.Array(
            Type.Object({
              ...PlaceFields,
              id: Type.Array(Type.String(), { description: 'The fields that name a row.' }),
              columns: Type.Array(
                Type.Object({
                  name: Type.String(),
                  wanted: Type.String(),
                  required: Type.Boolean({ description: 'A cell may not be empty.' }),
                }),
              ),
              looked_up_by: Type.Array(Type.String()),
            }),
          ),
        }),
        'The kinds of the pods that are served',
      ),
    ],
    problems: [],
  },
  listEntities: {
    ...read,
    path: '/v1/entities/{kind}',
    summary: 'Entities of a kind by id, as they were at a time and as they were known at a time',
    params: KindParams,
    query: Type.Object({ pod: PodName, as_of: AsOf, known_at: KnownAt, limit: Limit(1, 500, 100), cursor: Cursor }),
    answers: [
      enveloped(
        Type.Object({
          ...PlaceFields,
          items: Type.Array(Type.Object(EntityFields)),
          next: Nullable(Type.String({ description: 'Later pages show the same moment and the same knowledge.' })),
          as_of: Instant,
          change: ChangeNumber,
        }),
        'One page',
      ),
    ],
    problems: ['entity_kind_not_found', 'validation_failed'],
  },
  createEntity: {
    ...write,
    method: 'POST',
    path: '/v1/entities/{kind}',
    summary: 'Add an entity',
    params: KindParams,
    query: Type.Object({ pod: PodName }),
    body: {
      schema: NewEntityBody,
      required: true,
      checked: 'door',
      plain: ['value'],
      example: { value: example },
      limit: 131_072,
    },
    answers: [enveloped(WrittenEntity, 'The entity')],
    problems: ['entity_kind_not_found', 'entity_exists', 'validation_failed'],
  },
  exportEntities: {
    ...read,
    path: '/v1/entities/{kind}/export.csv',
    summary: 'Entities of a kind as a file that can be imported again',
    description:
      'RFC 4180 with CRLF, streamed. Texts that a spreadsheet would run have a quote before them, which the import takes off.',
    params: KindParams,
    query: Type.Object({ pod: PodName, as_of: AsOf, known_at: KnownAt }),
    answers: [{ status: 200, type: 'text/csv', envelope: false, schema: Type.String(), description: 'The file' }],
    problems: ['entity_kind_not_found', 'validation_failed'],
    group: 'exports',
  },
  importEntities: {
    ...write,
    method: 'POST',
    path: '/v1/entities/{kind}/import',
    summary: 'Add and change entities by a file: all rows, or none unless partial=true',
    description:
      'A CSV file in UTF-8 with a header: at most 50,000 rows and 10 MiB. Rows that are there as they are in the file change nothing, so the same file may come twice. An optional column that the file lacks leaves its field as it is. What the file does not name stays; the column ends says from when on a row is gone.',
    params: KindParams,
    query: Type.Object({
      pod: PodName,
      dry_run: Type.Optional(Type.Boolean({ default: false, description: 'Only say what would become of the rows.' })),
      partial: Type.Optional(Type.Boolean({ default: false, description: 'Import the rows without a mistake.' })),
      effective_from: EffectiveFrom,
    }),
    body: {
      schema: Type.String(),
      required: true,
      checked: 'door',
      type: 'text/csv',
      limit: 10 * 1024 * 1024,
      example: 'code,room,target\nT7,kitchen,21\n',
    },
    answers: [enveloped(ImportShape, 'What became of the rows')],
    problems: ['entity_kind_not_found', 'import_refused', 'validation_failed'],
  },
  getEntity: {
    ...read,
    path: '/v1/entities/{kind}/{id}',
    summary: 'One entity, as it was at a time and as it was known at a time',
    params: EntityParams,
    query: Type.Object({ pod: PodName, as_of: AsOf, known_at: KnownAt }),
    answers: [enveloped(OneEntity, 'The entity')],
    problems: ['entity_kind_not_found', 'entity_not_found', 'validation_failed'],
  },
  replaceEntity: {
    ...write,
    method: 'PUT',
    path: '/v1/entities/{kind}/{id}',
    summary: 'Say what an entity is from a time on; an old version sent again undoes what came after it',
    description:
      'It holds until a change that is known for a later time (effective_until of the answer), or with no end. Brings back what was ended.',
    params: EntityParams,
    query: Type.Object({ pod: PodName }),
    body: {
      schema: EntityBody,
      required: true,
      checked: 'door',
      plain: ['value'],
      example: { value: example, version: 1, effective_from: '2026-03-01T00:00:00Z' },
      limit: 131_072,
    },
    answers: [enveloped(WrittenEntity, 'The entity as it is from then on')],
    problems: ['entity_kind_not_found', 'entity_not_found', 'entity_changed', 'validation_failed'],
  },
  endEntity: {
    ...write,
    method: 'DELETE',
    path: '/v1/entities/{kind}/{id}',
    summary: 'End an entity; its past and what was known of it stay readable',
    description: 'What was planned for later falls away. effective_from=always: it should never have been there.',
    params: EntityParams,
    query: Type.Object({
      pod: PodName,
      reason: Type.String({ minLength: 1, maxLength: 500, description: 'Written into the audit log.' }),
      version: Type.Optional(Version),
      effective_from: EffectiveFrom,
    }),
    answers: [
      enveloped(
        Type.Object({
          ...PlaceFields,
          id: Type.String(),
          ended_from: Nullable(Instant),
          latest_version: Type.Integer(),
          changed: Type.Boolean(),
        }),
        'Ended; ended_from null: from ever',
      ),
    ],
    problems: ['entity_kind_not_found', 'entity_not_found', 'entity_changed', 'validation_failed'],
  },
  entityHistory: {
    ...read,
    path: '/v1/entities/{kind}/{id}/history',
    summary: 'Every version of an entity with who made it when, the newest first',
    params: EntityParams,
    query: Type.Object({ pod: PodName, limit: Limit(1, 500, 100), cursor: Cursor }),
    answers: [
      enveloped(
        Type.Object({
          ...PlaceFields,
          id: Type.String(),
          items: Type.Array(
            Type.Object({
              version: Type.Integer({ minimum: 1 }),
              ...EffectiveShape,
              ended: Type.Boolean({ description: 'From effective_from on it is gone; value is what it was.' }),
              value: AnyObject,
              change: Type.Integer({ minimum: 1 }),
              recorded_at: Instant,
              actor: Type.String(),
              reason: Nullable(Type.String()),
            }),
          ),
          next: Nullable(Type.String()),
        }),
        'One page; effective_until is what it was when the version was written',
      ),
    ],
    problems: ['entity_kind_not_found', 'entity_not_found', 'validation_failed'],
  },
} as const satisfies { readonly [name: string]: Route }
