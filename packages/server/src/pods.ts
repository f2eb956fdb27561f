import type { Pod } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { table } from '@surety/pod-table'

/** Every pod of this installation. A new domain is a folder and one line here. */
export const pods: readonly Pod[] = [customerOps, table]

const byKind = new Map<string, Pod>(pods.flatMap(pod => Object.keys(pod.kinds).map(kind => [kind, pod] as const)))

export const podOf = (kind: string): Pod | undefined => byKind.get(kind)

export function podNamed(name: string): Pod {
  const pod = pods.find(candidate => candidate.name === name)
  if (pod === undefined) throw new Error(`there is no pod called ${name}`)
  return pod
}
