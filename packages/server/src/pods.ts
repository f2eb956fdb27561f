import type { Pod } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { table } from '@surety/pod-table'
import { ConfigError } from './config/config.ts'

/** Every pod of this installation. A new domain is a folder and one line here. */
export const pods: readonly Pod[] = [customerOps, table]

const byKind = new Map<string, Pod>(pods.flatMap(pod => Object.keys(pod.kinds).map(kind => [kind, pod] as const)))

export const podOf = (kind: string): Pod | undefined => byKind.get(kind)

export function podNamed(name: string): Pod {
  const pod = pods.find(candidate => candidate.name === name)
  if (pod === undefined) throw new Error(`there is no pod called ${name}`)
  return pod
}

/** The pods that PODS names. @throws ConfigError with a sentence when there is none of that name */
export function podsServed(names: readonly string[] | null): readonly Pod[] {
  if (names === null) return pods
  const known = pods.map(pod => pod.name)
  const unknown = names.find(name => !known.includes(name))
  if (unknown !== undefined || names.length === 0)
    throw new ConfigError(
      `PODS must name pods of this installation (${known.join(', ')}); ${unknown === undefined ? 'it names none' : `there is none called ${unknown}`}.`,
    )
  return pods.filter(pod => names.includes(pod.name))
}
