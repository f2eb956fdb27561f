import { type Pod, pod } from '@surety/contract'
import { customerOps } from '@surety/pod-customer-ops'
import { table } from '@surety/pod-table'
import { ConfigError } from './config/config.ts'

/** The pods there are, and which of them a kind of event belongs to. */
export interface Pods {
  readonly pods: readonly Pod[]
  podOf(kind: string): Pod | undefined
  /** @throws Error when there is none of that name */
  podNamed(name: string): Pod
}

/** @throws Error where two pods share a name or a kind of event */
export function podsFrom(all: readonly Pod[]): Pods {
  const byKind = new Map<string, Pod>()
  for (const one of all) {
    if (all.some(other => other !== one && other.name === one.name)) throw new Error(`there are two pods ${one.name}`)
    for (const kind of Object.keys(one.kinds)) {
      if (byKind.has(kind)) throw new Error(`two pods have events of the kind ${kind}`)
      byKind.set(kind, one)
    }
  }
  return {
    pods: all,
    podOf: kind => byKind.get(kind),
    podNamed(name) {
      const found = all.find(candidate => candidate.name === name)
      if (found === undefined) throw new Error(`there is no pod called ${name}`)
      return found
    },
  }
}

/** Every pod of this installation. A new domain is a folder and one line here. */
export const installed: Pods = podsFrom([customerOps, table])
export const { pods, podOf, podNamed } = installed

/** The same pod with what the configuration says of its first question: the threshold, and how many days of silence speak. */
export function withConfigured(of: Pod, { threshold, silenceDays }: { threshold: number; silenceDays: number }): Pod {
  const [{ silence, ...first }, ...others] = of.questions
  const configured = silence === undefined ? {} : { silence: { ...silence, days: silenceDays } }
  return pod({ ...of, questions: [{ ...first, ...configured, threshold }, ...others] })
}

/** The most days that a kind of event remembers its ids; null: none of them forgets. */
export function mostRemembered(of: readonly Pod[]): number | null {
  const days = of.flatMap(pod => Object.values(pod.kinds).flatMap(kind => kind.rememberDays ?? []))
  return days.length === 0 ? null : Math.max(...days)
}

/** The pods that PODS names. @throws ConfigError with a sentence when there is none of that name */
export function podsServed(names: readonly string[] | null, all: readonly Pod[] = pods): readonly Pod[] {
  if (names === null) return all
  const known = all.map(one => one.name)
  const unknown = names.find(name => !known.includes(name))
  if (unknown !== undefined || names.length === 0)
    throw new ConfigError(
      `PODS must name pods of this installation (${known.join(', ')}); ${unknown === undefined ? 'it names none' : `there is none called ${unknown}`}.`,
    )
  return all.filter(one => names.includes(one.name))
}
