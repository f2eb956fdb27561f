import type { Scorer } from '../../model/scorer.ts'

/** Versions kept in memory beside what serves; those that were not asked for longest go. */
const mostVersions = 256

/** A model as it was found, with the scope that it is of. */
interface FoundVersion {
  readonly scope: string
  readonly scorer: Scorer
}

/** Models that are acted on and do not serve: loaded before the line asks for them, which it does synchronously. */
export interface VersionsBeside {
  /** One of the tenant or of all; null: it is not there. */
  get(tenant: string, digest: string): Scorer | null
  /** null: it is there. One that could not be loaded is tried again each time. */
  cover(tenant: string, digest: string): Promise<void> | null
}

/** @param load null: there is no such model, or it is not to be trusted */
export function versionsBeside(
  load: (tenant: string, digest: string) => Promise<FoundVersion | null>,
  most: number = mostVersions,
): VersionsBeside {
  const loaded = new Map<string, FoundVersion>()
  const nameOf = (scope: string, digest: string): string => `${scope}\n${digest}`
  const keep = (found: FoundVersion): void => {
    const name = nameOf(found.scope, found.scorer.digest)
    // What was asked for last stands last.
    loaded.delete(name)
    loaded.set(name, found)
    for (const longest of loaded.keys()) {
      if (loaded.size <= most) return
      loaded.delete(longest)
    }
  }
  const find = (tenant: string, digest: string): FoundVersion | undefined =>
    loaded.get(nameOf(tenant, digest)) ?? loaded.get(nameOf('*', digest))
  return {
    get: (tenant, digest) => find(tenant, digest)?.scorer ?? null,
    cover(tenant, digest) {
      const found = find(tenant, digest)
      if (found !== undefined) {
        keep(found)
        return null
      }
      return load(tenant, digest).then(one => {
        if (one !== null) keep(one)
      })
    },
  }
}
