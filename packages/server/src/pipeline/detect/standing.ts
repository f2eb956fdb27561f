import type { Detector, Pod, StateKind } from '@surety/contract'

/** What stands on one kind of event of a pod. */
export interface Standing {
  /** In their order. */
  readonly rules: readonly Detector[]
  /** Kinds of state that it changes. */
  readonly folds: readonly StateKind[]
  /** Kinds of state whose links it follows, the lowest rank first. */
  readonly follows: readonly StateKind[]
}

const known = new WeakMap<Pod, Map<string, Standing>>()

/** Looked up once for each pod and kind: to look through all rules for every event is most of judging one that few stand on. */
export function standingOn(pod: Pod, kind: string): Standing {
  let ofPod = known.get(pod)
  if (ofPod === undefined) {
    ofPod = new Map()
    known.set(pod, ofPod)
  }
  let standing = ofPod.get(kind)
  if (standing === undefined) {
    standing = {
      rules: pod.detectors.filter(({ on }) => on.some(({ name }) => name === kind)),
      folds: pod.state.filter(({ on }) => on.some(({ name }) => name === kind)),
      follows: pod.state
        .filter(({ link }) => link?.followedBy.some(({ name }) => name === kind))
        .toSorted((a, b) => a.group.rank - b.group.rank),
    }
    ofPod.set(kind, standing)
  }
  return standing
}
