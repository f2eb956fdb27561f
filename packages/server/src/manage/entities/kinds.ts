import { type Entity, type EntityColumn, entityColumns, type FieldError, faultFinder, type Pod } from '@surety/contract'
import { Problem } from '../../errors.ts'

/** A kind of reference data of one pod, ready to read rows. */
export interface EntityKind {
  readonly pod: string
  readonly entity: Entity
  readonly columns: readonly EntityColumn[]
  faults(value: unknown): readonly FieldError[]
}

export interface EntityKinds {
  readonly all: readonly EntityKind[]
  /** @throws Problem `entity_kind_not_found`; `validation_failed` where several pods have the kind and none is named */
  find(kind: string, pod: string | undefined): EntityKind
}

export function entityKinds(pods: readonly Pick<Pod, 'name' | 'entities'>[]): EntityKinds {
  const all = pods.flatMap(({ name, entities = [] }) =>
    entities.map(entity => ({
      pod: name,
      entity,
      columns: entityColumns(entity.schema),
      faults: faultFinder(entity.schema),
    })),
  )
  return {
    all,
    find(kind, pod) {
      const found = all.filter(one => one.entity.name === kind && (pod === undefined || one.pod === pod))
      const [first] = found
      if (first === undefined) throw new Problem('entity_kind_not_found', unknownKind(all))
      if (found.length === 1) return first
      const message = `several pods have this kind; name one of ${found.map(one => one.pod).join(', ')}`
      throw new Problem('validation_failed', undefined, { errors: [{ path: 'pod', code: 'required', message }] })
    },
  }
}

const unknownKind = (all: readonly EntityKind[]): string =>
  all.length === 0
    ? 'No pod of this installation has reference data.'
    : `There is no such kind; there are ${[...new Set(all.map(one => one.entity.name))].join(', ')}.`
