import type { Principal } from '@surety/contract'
import { type Beside, openBeside } from '../app/open-beside.ts'
import { redactBeside } from '../app/tenant-privacy.ts'
import type { Config } from '../config/config.ts'
import type { ImportOptions } from '../manage/entities/import.ts'
import { openEntities } from '../manage/entities/open-entities.ts'
import type { Moments } from '../manage/entities/read.ts'

/** Reference data from the command line: on the database of DATABASE_URL, or on the embedded one, running or not. */
export async function openEntityStore(config: Config) {
  const beside = await openBeside(config)
  return { ...entityStore(beside), [Symbol.asyncDispose]: () => beside[Symbol.asyncDispose]() }
}

export type EntityStore = Omit<Awaited<ReturnType<typeof openEntityStore>>, typeof Symbol.asyncDispose>

export interface EntityPlaceWords {
  readonly tenant: string
  readonly kind: string
  readonly pod: string | undefined
}

export function entityStore({ db, now, audit, pods }: Pick<Beside, 'db' | 'now' | 'audit' | 'pods'>) {
  const { kinds, read, importFile } = openEntities({ db, now, audit, pods, redact: redactBeside(db) }).service
  const find = ({ kind, pod }: EntityPlaceWords) => kinds.find(kind, pod)
  return {
    kinds: kinds.all.map(({ pod, entity, columns }) => ({
      pod,
      kind: entity.name,
      columns: columns.map(one => one.name),
    })),
    import: (place: EntityPlaceWords, text: string, options: ImportOptions) =>
      importFile(commandLine(place.tenant), find(place), text, options, 'cli'),
    list: (place: EntityPlaceWords, moments: Moments, cursor: string | undefined) =>
      read.list(place.tenant, find(place), moments, { limit: 500, cursor }),
    show: (place: EntityPlaceWords, id: string, moments: Moments) => read.get(place.tenant, find(place), id, moments),
    history: (place: EntityPlaceWords, id: string, cursor: string | undefined) =>
      read.history(place.tenant, find(place), id, { limit: 500, cursor }),
    file: (place: EntityPlaceWords, moments: Moments) => read.file(place.tenant, find(place), moments),
  }
}

const commandLine = (tenant: string): Principal => ({
  kind: 'key',
  keyId: 'cli',
  tenant,
  role: 'operator',
  name: 'cli',
  limits: {},
})
