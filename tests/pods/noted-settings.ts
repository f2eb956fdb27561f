import type { AnyLook, Pod, Question } from '@surety/contract'

/** The same pod, which notes the names of all settings that its rules and questions read. */
export function withNotedSettings(pod: Pod, names: Set<string>): Pod {
  const noting = <Looked extends AnyLook>(look: Looked): Looked => ({
    ...look,
    setting(one: Parameters<AnyLook['setting']>[0]) {
      names.add(one.name)
      return look.setting(one)
    },
  })
  const noted = (question: Question): Question => ({
    ...question,
    ...(question.about !== undefined && { about: look => question.about!(noting(look)) }),
    features: input => question.features(input.look === undefined ? input : { ...input, look: noting(input.look) }),
  })
  return {
    ...pod,
    detectors: pod.detectors.map(rule => ({ ...rule, detect: look => rule.detect(noting(look)) })),
    asked: new Map([...pod.asked].map(([kind, questions]) => [kind, questions.map(noted)])),
  }
}
