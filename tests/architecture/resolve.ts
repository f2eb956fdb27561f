import { posix } from 'node:path'
import { type Zone, zones } from './arrows.ts'

/** Where an import leads: a file of ours, a module of Node, or a package from outside. */
export type Target =
  | { readonly kind: 'ours'; readonly path: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'package'; readonly name: string }

export function resolve(importer: string, from: string): Target {
  if (from.startsWith('.')) return { kind: 'ours', path: posix.normalize(posix.join(posix.dirname(importer), from)) }
  if (from.startsWith('node:')) return { kind: 'node', name: from.slice('node:'.length) }
  const ours = /^@surety\/(pod-)?([^/]+)/.exec(from)
  if (ours?.[1] !== undefined) return { kind: 'ours', path: `pods/${ours[2]}/src/pod.ts` }
  if (ours !== null) return { kind: 'ours', path: `packages/${ours[2]}/src/index.ts` }
  return { kind: 'package', name: from.split('/', from.startsWith('@') ? 2 : 1).join('/') }
}

export function zoneOf(path: string): Zone | undefined {
  return zones.find(zone => zone.path.test(path))
}

/** The zone's name; slices of management and pods are zones of their own. */
export function placeOf(path: string): string {
  const own = /^packages\/server\/src\/(manage\/[^/]+)\/|^(pods\/[^/]+)\//.exec(path)
  return own?.[1] ?? own?.[2] ?? zoneOf(path)?.name ?? 'nowhere'
}
